//! The rules on questions in ten languages, at noon UTC on Saturday, 28 November 2026.

mod people;
mod places;
mod times;

use super::*;

pub(super) fn query(locale: &str, question: &str) -> Query {
    Query { locale: Some(locale.to_owned()), question: question.to_owned(), ..Query::default() }
}

pub(super) fn read(query: &Query) -> QueryUnderstanding {
    let now = "2026-11-28T12:00:00Z".parse().unwrap();
    understand(query, AskingContext { now, zone: &TimeZone::UTC })
}

pub(super) fn asked(locale: &str, question: &str) -> QueryUnderstanding {
    read(&query(locale, question))
}

#[test]
fn an_earlier_question_ends_in_no_half_of_a_secret() {
    let earlier = format!("what does {}/ghp_{} open?", "=".repeat(380), "a1B2".repeat(9));
    let follow_up =
        Query { history: vec![Turn::new(rtfm_shared::event::Speaker::User, earlier)], ..query("en", "and why?") };
    let previous = read(&follow_up).previous.unwrap().question;
    assert!(previous.starts_with("what does ===") && !previous.contains("a1B2"), "{previous}");
}

#[test]
fn invisible_characters_are_removed_from_questions() {
    let mention = Mention { shown: "@A\u{200b}na".to_owned(), user_id: Some("7".into()), ..Mention::default() };
    let hidden =
        Query { mentions: vec![mention], ..query("en", "what did @A\u{200b}na say last\u{ad} week\u{e0061}?") };
    let found = read(&hidden);
    assert_eq!(found.question, "what did @Ana say last week?");
    assert_eq!((found.people.len(), found.period.is_some()), (1, true));
}
