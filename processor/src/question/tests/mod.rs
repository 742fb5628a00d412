//! What the rules make of questions, in ten languages. It is Saturday, 28 November 2026, noon in UTC.

mod people;
mod places;
mod times;

use super::*;

pub(super) fn query(locale: &str, question: &str) -> Query {
    Query { locale: Some(locale.to_owned()), question: question.to_owned(), ..Query::default() }
}

pub(super) fn read(query: &Query) -> Understood {
    let now = "2026-11-28T12:00:00Z".parse().unwrap();
    understand(query, Asking { now, zone: &TimeZone::UTC })
}

pub(super) fn asked(locale: &str, question: &str) -> Understood {
    read(&query(locale, question))
}
