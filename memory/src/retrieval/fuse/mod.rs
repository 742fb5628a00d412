//! The fuse stage: one ranking from both legs, the same for every store. A message scores its share of each leg's best
//! score.
//!
//! A message and the passages of its files count as one: the best of them sets its rank and score in each leg. So a
//! long file neither gains score by its length nor displaces messages.

mod boost;
mod soft_filter;

use crate::store::{FilePassage, Hit, Legs};
use rtfm_shared::event::{ChatMessage, MessageId};
use std::{cmp::Ordering, collections::HashMap};

pub(super) use boost::boosted;
pub(super) use soft_filter::{SoftFilter, merged};

/// The weight of the lexical leg next to the dense one. Found by experiment (docs/experiments.md), like the weighted
/// sum: reciprocal rank fusion loses the distance between scores, which propagation needs.
const LEXICAL_WEIGHT: f64 = 0.35;
/// The cosine similarity of unrelated texts; a hit below it scores nothing.
const CHANCE_SIMILARITY: f64 = 0.1;

/// File passages per message: enough for an answer that spans a cut.
const MAX_PASSAGES: usize = 3;

/// A ranked message with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// The message that the ranking orders.
    pub message: ChatMessage,
    /// The score relative to the other hits; higher is better.
    pub score: f64,
    /// The cosine similarity to the question, if the dense leg found it.
    pub similarity: Option<f64>,
    /// Its rank in the lexical leg.
    pub lexical: Option<Rank>,
    /// Its rank in the dense leg.
    pub dense: Option<Rank>,
    /// The best passages of its files, best first; empty if its own text scores higher.
    pub passages: Vec<FilePassage>,
}

/// A rank among the messages of one leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rank {
    /// The position, counted from 1.
    pub rank: usize,
    /// BM25 or cosine similarity.
    pub score: f64,
}

/// A message's scores while the legs are fused.
#[derive(Debug)]
struct Fused {
    message: ChatMessage,
    score: f64,
    lexical: Option<Rank>,
    dense: Option<Rank>,
    /// The score of its own text.
    own: f64,
    /// The scores of its files' passages.
    passages: HashMap<FilePassage, f64>,
}

/// Fuses both legs; best first, ties by id.
pub(super) fn fuse(legs: Legs) -> Vec<Ranked> {
    let mut found: HashMap<MessageId, Fused> = HashMap::new();
    let weights = if legs.dense.is_empty() { (0.0, 1.0) } else { (1.0 - LEXICAL_WEIGHT, LEXICAL_WEIGHT) };
    let scorer = |leg: &[Hit], is_dense: bool| {
        let (weight, chance) = if is_dense { (weights.0, CHANCE_SIMILARITY) } else { (weights.1, 0.0) };
        let best = leg.first().map_or(0.0, |hit| hit.score - chance);
        move |score: f64| if best > 0.0 { weight * ((score - chance) / best).max(0.0) } else { 0.0 }
    };
    for (hits, is_dense) in [(legs.dense, true), (legs.lexical, false)] {
        let mut ranks: HashMap<MessageId, usize> = HashMap::new();
        let share = scorer(&hits, is_dense);
        for hit in hits {
            let next = ranks.len();
            let is_best = !ranks.contains_key(&hit.message.message_id);
            let rank = *ranks.entry(hit.message.message_id.clone()).or_insert(next);
            let Hit { message, passage, score } = hit;
            let known = found.entry(message.message_id.clone()).or_insert_with(|| Fused {
                message,
                score: 0.0,
                lexical: None,
                dense: None,
                own: 0.0,
                passages: HashMap::new(),
            });
            if is_best {
                known.score += share(score);
                let leg = if is_dense { &mut known.dense } else { &mut known.lexical };
                *leg = Some(Rank { rank: rank + 1, score });
            }
            match passage {
                Some(passage) => *known.passages.entry(passage).or_default() += share(score),
                None => known.own += share(score),
            }
        }
    }
    let mut ranking: Vec<Ranked> = found.into_values().map(Fused::ranked).collect();
    ranking.sort_by(best_first);
    ranking
}

/// The order of rankings: best first, ties by id.
pub(super) fn best_first(a: &Ranked, b: &Ranked) -> Ordering {
    let by_id = || a.message.message_id.snowflake().cmp(&b.message.message_id.snowflake());
    b.score.total_cmp(&a.score).then_with(by_id)
}

impl Ranked {
    /// A message that no leg found, such as a neighbour of a hit.
    pub(super) fn neighbour(message: ChatMessage, score: f64) -> Self {
        Self { message, score, similarity: None, lexical: None, dense: None, passages: Vec::new() }
    }
}

impl Fused {
    fn ranked(self) -> Ranked {
        let mut passages: Vec<(FilePassage, f64)> = self.passages.into_iter().collect();
        passages.sort_by(|(a, score), (b, other)| {
            other.total_cmp(score).then_with(|| (&a.key, a.place).cmp(&(&b.key, b.place)))
        });
        if passages.first().is_some_and(|(_, best)| *best < self.own) {
            passages.clear();
        }
        let passages = passages.into_iter().take(MAX_PASSAGES).map(|(passage, _)| passage).collect();
        let Self { message, score, lexical, dense, .. } = self;
        Ranked { message, score, similarity: dense.map(|rank| rank.score), lexical, dense, passages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u64) -> ChatMessage {
        ChatMessage { message_id: id.into(), ..ChatMessage::default() }
    }

    fn hit(id: u64) -> Hit {
        Hit { message: message(id), passage: None, score: 0.5 }
    }

    /// The hits with falling scores.
    fn falling(hits: impl IntoIterator<Item = Hit>) -> Vec<Hit> {
        (0..).zip(hits).map(|(place, hit)| Hit { score: 0.9 - 0.01 * f64::from(place), ..hit }).collect()
    }

    fn hits(ids: &[u64]) -> Vec<Hit> {
        falling(ids.iter().map(|id| hit(*id)))
    }

    /// A hit on a passage of a message's only file.
    fn passage(id: u64, place: u32) -> Hit {
        let passage =
            FilePassage { key: "9".to_owned(), file: "a.log".to_owned(), place, text: format!("passage {place}") };
        Hit { passage: Some(passage), ..hit(id) }
    }

    fn ids(ranking: &[Ranked]) -> Vec<&str> {
        ranking.iter().map(|ranked| ranked.message.message_id.as_str()).collect()
    }

    #[test]
    fn hits_of_both_legs_come_first_and_ids_break_ties() {
        let legs = Legs { dense: vec![hit(100), hit(30), hit(7)], lexical: hits(&[5, 7]) };
        assert_eq!(ids(&fuse(legs)), ["7", "30", "100", "5"], "7 twice; 30 before 100 though \"100\" < \"30\" as text");
    }

    #[test]
    fn the_distance_between_scores_counts() {
        let scored = |id, score| Hit { score, ..hit(id) };
        let legs = Legs { dense: vec![scored(1, 0.5), scored(2, 0.3)], lexical: vec![scored(2, 8.0), scored(1, 6.0)] };
        let scores: Vec<(f64, &str)> = Vec::from([(0.9125, "1"), (0.675, "2")]);
        let ranking = fuse(legs);
        let found =
            ranking.iter().map(|ranked| ((ranked.score * 1e6).round() / 1e6, ranked.message.message_id.as_str()));
        assert_eq!(found.collect::<Vec<_>>(), scores);
        let words = fuse(Legs { dense: Vec::new(), lexical: vec![scored(2, 8.0), scored(1, 6.0)] });
        assert_eq!(
            words.iter().map(|ranked| ranked.score).collect::<Vec<_>>(),
            [1.0, 0.75],
            "the lexical leg alone counts in full"
        );
    }

    #[test]
    fn ranks_of_both_legs_are_reported() {
        let legs =
            Legs { dense: vec![passage(3, 0), passage(3, 1), Hit { score: 0.4, ..hit(7) }], lexical: vec![hit(7)] };
        let ranking = fuse(legs);
        let place = |rank, score| Some(Rank { rank, score });
        assert_eq!((ranking[0].dense, ranking[0].lexical), (place(2, 0.4), place(1, 0.5)), "a file takes one rank");
        assert_eq!((ranking[0].similarity, ranking[1].lexical), (Some(0.4), None));
    }

    #[test]
    fn a_file_counts_once_and_takes_one_rank() {
        let mut long: Vec<Hit> = (0..20).map(|place| passage(7, place)).collect();
        long.extend([hit(3), hit(7), hit(4)]);
        let long = falling(long);
        let short = [0, 20, 22].iter().filter_map(|place| long.get(*place).cloned()).collect();
        let with_file = fuse(Legs { dense: Vec::new(), lexical: long });
        let without = fuse(Legs { dense: Vec::new(), lexical: short });
        let scores = |ranking: &[Ranked]| ranking.iter().map(|ranked| ranked.score).collect::<Vec<_>>();
        assert_eq!(ids(&with_file), ["7", "3", "4"]);
        assert_eq!(scores(&with_file), scores(&without));
        let places: Vec<u32> = with_file[0].passages.iter().map(|passage| passage.place).collect();
        assert_eq!(places, [0, 1, 2], "only the best are kept");
    }

    #[test]
    fn the_passage_of_both_legs_comes_first() {
        let leg = |first| falling([passage(7, first), passage(7, 2)]);
        let legs = Legs { dense: leg(4), lexical: leg(9) };
        let ranking = fuse(legs);
        let places: Vec<u32> = ranking[0].passages.iter().map(|passage| passage.place).collect();
        assert_eq!((ranking.len(), places), (1, vec![2, 4, 9]));
    }

    #[test]
    fn a_message_that_scores_above_its_file_has_no_passages() {
        let dense = falling([hit(7), passage(7, 0)]);
        let legs = Legs { dense: dense.clone(), lexical: vec![hit(7)] };
        assert_eq!(fuse(legs)[0].passages, []);
        let legs = Legs { dense, lexical: vec![passage(7, 0)] };
        assert_eq!(fuse(legs)[0].passages.len(), 1);
    }
}
