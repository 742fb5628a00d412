//! Where a question names a time or a person, what answers it was often said then, or by them; but as often it was told
//! later, or by somebody else. So such messages are looked for by themselves, too, and raised in the ranking, and nothing
//! is hidden for them.

use super::{Ranked, best_first};
use crate::store::{Filter, Hit, Legs};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;

/// What a message that fits is raised by, of its own score; a message that fits twice as well stays before it whoever
/// wrote it and when. By experiment (docs/retrieval.md).
const RAISED: f64 = 1.0;
/// The same for one that was written soon after, when people tell what happened.
const SOON: f64 = 0.5;
/// How long "soon" is at the least; it is as long as the time itself, or else "yesterday" would be over at once.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is preferred.
#[derive(Clone, Debug)]
pub(in crate::retrieval) struct SoftFilter {
    fits: Filter,
    /// The same with what was written soon after.
    pub(in crate::retrieval) near: Filter,
}

impl SoftFilter {
    /// For what a filter lets through, inside of one that says what may be found at all.
    pub(in crate::retrieval) fn of(fits: Filter, may: &Filter) -> Self {
        let soon = fits.until.and_then(|until| soon(fits.since, until));
        let until = match (soon, may.until) {
            (Some(soon), Some(end)) => Some(soon.min(end)),
            (soon, end) => soon.or(end),
        };
        let near = Filter { until, ..fits.clone() };
        Self { fits, near }
    }

    /// The ranking with what is preferred raised.
    pub(in crate::retrieval) fn raise(&self, mut ranking: Vec<Ranked>) -> Vec<Ranked> {
        for hit in &mut ranking {
            let fits = match self.fits.matches(&hit.message) {
                true => RAISED,
                false if self.near.matches(&hit.message) => SOON,
                false => 0.0,
            };
            hit.score *= 1.0 + fits;
        }
        ranking.sort_by(best_first);
        ranking
    }
}

/// Until when what happened in a stretch of time is told; without an end where it has no beginning.
fn soon(since: Option<Timestamp>, until: Timestamp) -> Option<Timestamp> {
    let length = until.duration_since(since?).max(WEEK);
    Some(until.checked_add(length).unwrap_or(Timestamp::MAX))
}

/// Both searches' hits as one search's, each once.
pub(in crate::retrieval) fn merged(all: Legs, preferred: Legs) -> Legs {
    Legs { dense: merge(all.dense, preferred.dense), lexical: merge(all.lexical, preferred.lexical) }
}

fn merge(all: Vec<Hit>, preferred: Vec<Hit>) -> Vec<Hit> {
    let mut known = HashSet::new();
    let mut merged: Vec<Hit> = all.into_iter().chain(preferred).collect();
    merged.retain(|hit| known.insert((hit.message.message_id.clone(), hit.passage.clone())));
    let order = |hit: &Hit| (hit.passage.is_some(), hit.message.message_id.snowflake());
    // Stable, so that equal passages keep their order.
    merged.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| order(a).cmp(&order(b))));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::ChatMessage;

    const DAY: i64 = 24 * 60 * 60;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * DAY).unwrap()
    }

    /// Its number is its day.
    fn message(id: u64, user: &str) -> ChatMessage {
        let timestamp = at(id.cast_signed());
        ChatMessage { message_id: id.into(), user_id: user.into(), timestamp, ..ChatMessage::default() }
    }

    fn all() -> Filter {
        Filter::everything(None)
    }

    /// The ranking of messages with these scores, by their numbers.
    fn raised(fits: Filter, hits: &[(u64, f64)]) -> Vec<String> {
        let user = |id: u64| if id.is_multiple_of(2) { "ana" } else { "ben" };
        let hits = hits.iter().map(|(id, score)| Ranked::neighbour(message(*id, user(*id)), *score)).collect();
        let ranking = SoftFilter::of(fits, &all()).raise(hits);
        ranking.into_iter().map(|ranked| ranked.message.message_id.0).collect()
    }

    #[test]
    fn what_fits_is_raised_and_what_is_far_better_stays_before_it() {
        let of_ana = || Filter { authors: vec!["ana".into()], ..all() };
        assert_eq!(raised(of_ana(), &[(1, 1.0), (2, 0.6)]), ["2", "1"]);
        assert_eq!(raised(of_ana(), &[(1, 1.0), (2, 0.4)]), ["1", "2"], "others tell of her, too");
    }

    #[test]
    fn what_was_told_soon_after_is_raised_by_half() {
        let of = |since, until| Filter { since: Some(at(since)), until: Some(at(until)), ..all() };
        let hits = [(99, 1.0), (45, 0.7), (15, 0.6), (5, 0.9)];
        assert_eq!(raised(of(10, 30), &hits), ["15", "45", "99", "5"], "a time after it; nothing before it");
        assert_eq!(raised(of(10, 11), &[(99, 1.0), (19, 0.7), (16, 0.7)]), ["16", "99", "19"], "a week at the least");
        let before = Filter { until: Some(at(30)), ..all() };
        assert_eq!(raised(before, &[(99, 1.0), (5, 0.6)]), ["99", "5"], "whatever came after would be soon");
    }

    #[test]
    fn what_is_preferred_never_reaches_beyond_what_may_be_found() {
        let end = |may: Option<i64>, fits: i64| {
            let may = Filter { until: may.map(at), ..all() };
            SoftFilter::of(Filter { since: Some(at(10)), until: Some(at(fits)), ..all() }, &may).near.until
        };
        assert_eq!((end(None, 30), end(Some(40), 30), end(Some(30), 30)), (Some(at(50)), Some(at(40)), Some(at(30))));
        let may = Filter { until: Some(at(40)), ..all() };
        assert_eq!(SoftFilter::of(Filter { since: Some(at(10)), ..may.clone() }, &may).near.until, Some(at(40)));
    }

    #[test]
    fn two_searches_are_one_list_in_which_each_stands_once() {
        let hit = |id, score| Hit { message: message(id, "ana"), passage: None, score };
        let merged = merge(vec![hit(3, 0.9), hit(1, 0.5)], vec![hit(2, 0.9), hit(1, 0.5), hit(4, 0.1)]);
        let ids: Vec<&str> = merged.iter().map(|hit| hit.message.message_id.as_str()).collect();
        assert_eq!(ids, ["2", "3", "1", "4"]);
    }
}
