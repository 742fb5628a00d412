//! The soft filter of a question that names a time or a person. The answer often comes from then or from them, but as
//! often from later or from others. So matching messages get a search of their own and a boost, and all others stay.

use super::{Ranked, best_first};
use crate::store::{Filter, Hit, Legs};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;

/// The boost of a matching message as a share of its score; a message with twice the score stays ahead. Found by
/// experiment (docs/experiments.md).
const BOOST: f64 = 1.0;
/// The boost of a message from soon after the period, when people report what happened.
const LATER_BOOST: f64 = 0.5;
/// The least length of "soon after", which else equals the period's length; without it, "yesterday" would end too soon.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A filter that boosts what matches and hides nothing.
#[derive(Clone, Debug)]
pub(in crate::retrieval) struct SoftFilter {
    preferred: Filter,
    /// The preferred filter, extended by the time soon after its period.
    pub(in crate::retrieval) extended: Filter,
}

impl SoftFilter {
    /// The soft filter of `preferred`; its extension stays inside `scope`.
    pub(in crate::retrieval) fn of(preferred: Filter, scope: &Filter) -> Self {
        let extended = preferred.until.and_then(|until| end_of_extension(preferred.since, until));
        let until = match (extended, scope.until) {
            (Some(extended), Some(end)) => Some(extended.min(end)),
            (extended, end) => extended.or(end),
        };
        let extended = Filter { until, ..preferred.clone() };
        Self { preferred, extended }
    }

    /// Boosts matching messages and sorts again.
    pub(in crate::retrieval) fn boost(&self, mut ranking: Vec<Ranked>) -> Vec<Ranked> {
        for hit in &mut ranking {
            let boost = if self.preferred.matches(&hit.message) {
                BOOST
            } else if self.extended.matches(&hit.message) {
                LATER_BOOST
            } else {
                0.0
            };
            hit.score *= 1.0 + boost;
        }
        ranking.sort_by(best_first);
        ranking
    }
}

/// The end of the time in which people report on a period; `None` if the period has no start.
fn end_of_extension(since: Option<Timestamp>, until: Timestamp) -> Option<Timestamp> {
    let length = until.duration_since(since?).max(WEEK);
    Some(until.checked_add(length).unwrap_or(Timestamp::MAX))
}

/// Merges the hits of both searches without duplicates.
pub(in crate::retrieval) fn merged(all: Legs, preferred: Legs) -> Legs {
    Legs { dense: merge(all.dense, preferred.dense), lexical: merge(all.lexical, preferred.lexical) }
}

fn merge(all: Vec<Hit>, preferred: Vec<Hit>) -> Vec<Hit> {
    let mut known = HashSet::new();
    let mut merged: Vec<Hit> = all.into_iter().chain(preferred).collect();
    merged.retain(|hit| known.insert((hit.message.message_id.clone(), hit.passage.clone())));
    let order = |hit: &Hit| (hit.passage.is_some(), hit.message.message_id.snowflake());
    // The sort is stable, so equal passages keep their order.
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

    /// A message whose id is its day.
    fn message(id: u64, user: &str) -> ChatMessage {
        let timestamp = at(id.cast_signed());
        ChatMessage { message_id: id.into(), user_id: user.into(), timestamp, ..ChatMessage::default() }
    }

    fn all() -> Filter {
        Filter::everything(None)
    }

    /// The ids of messages with these scores, ranked after the boost.
    fn boosted(preferred: Filter, hits: &[(u64, f64)]) -> Vec<String> {
        let user = |id: u64| if id.is_multiple_of(2) { "ana" } else { "ben" };
        let hits = hits.iter().map(|(id, score)| Ranked::neighbour(message(*id, user(*id)), *score)).collect();
        let ranking = SoftFilter::of(preferred, &all()).boost(hits);
        ranking.into_iter().map(|ranked| ranked.message.message_id.0).collect()
    }

    #[test]
    fn a_match_is_boosted_but_stays_behind_a_far_better_message() {
        let of_ana = || Filter { authors: vec!["ana".into()], ..all() };
        assert_eq!(boosted(of_ana(), &[(1, 1.0), (2, 0.6)]), ["2", "1"]);
        assert_eq!(boosted(of_ana(), &[(1, 1.0), (2, 0.4)]), ["1", "2"], "others write about her, too");
    }

    #[test]
    fn a_message_from_soon_after_gets_half_the_boost() {
        let of = |since, until| Filter { since: Some(at(since)), until: Some(at(until)), ..all() };
        let hits = [(99, 1.0), (45, 0.7), (15, 0.6), (5, 0.9)];
        assert_eq!(
            boosted(of(10, 30), &hits),
            ["15", "45", "99", "5"],
            "the time after it counts, the time before it does not"
        );
        assert_eq!(boosted(of(10, 11), &[(99, 1.0), (19, 0.7), (16, 0.7)]), ["16", "99", "19"], "at least a week");
        let before = Filter { until: Some(at(30)), ..all() };
        assert_eq!(boosted(before, &[(99, 1.0), (5, 0.6)]), ["99", "5"], "without a start there is no extension");
    }

    #[test]
    fn the_extension_never_leaves_the_scope() {
        let end = |scope: Option<i64>, until: i64| {
            let scope = Filter { until: scope.map(at), ..all() };
            SoftFilter::of(Filter { since: Some(at(10)), until: Some(at(until)), ..all() }, &scope).extended.until
        };
        assert_eq!((end(None, 30), end(Some(40), 30), end(Some(30), 30)), (Some(at(50)), Some(at(40)), Some(at(30))));
        let scope = Filter { until: Some(at(40)), ..all() };
        assert_eq!(
            SoftFilter::of(Filter { since: Some(at(10)), ..scope.clone() }, &scope).extended.until,
            Some(at(40))
        );
    }

    #[test]
    fn merged_searches_contain_each_message_once() {
        let hit = |id, score| Hit { message: message(id, "ana"), passage: None, score };
        let merged = merge(vec![hit(3, 0.9), hit(1, 0.5)], vec![hit(2, 0.9), hit(1, 0.5), hit(4, 0.1)]);
        let ids: Vec<&str> = merged.iter().map(|hit| hit.message.message_id.as_str()).collect();
        assert_eq!(ids, ["2", "3", "1", "4"]);
    }
}
