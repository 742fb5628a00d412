//! Reciprocal rank fusion: one ranking of the legs' rankings, the same for every store.

use crate::store::Legs;
use rtfm_shared::event::{ChatMessage, MessageId};
use std::collections::HashMap;

/// The constant of the paper (Cormack, Clarke and Büttcher, 2009).
const K: f64 = 60.0;

/// A message with what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ranked {
    /// The message.
    pub(crate) message: ChatMessage,
    /// The sum of 1/(60 + rank) over the legs that found it.
    pub(crate) score: f64,
    /// Its cosine similarity to the question, when the dense leg found it.
    pub(crate) similarity: Option<f64>,
}

/// Fuses both legs; best first, ties by id.
pub(crate) fn fuse(legs: Legs) -> Vec<Ranked> {
    let mut found: HashMap<MessageId, Ranked> = HashMap::new();
    let dense = legs.dense.into_iter().enumerate().map(|(rank, hit)| (rank, Some(hit.score), hit.message));
    let lexical = legs.lexical.into_iter().enumerate().map(|(rank, hit)| (rank, None, hit.message));
    for (rank, similarity, message) in dense.chain(lexical) {
        let ranked =
            found.entry(message.message_id.clone()).or_insert(Ranked { message, score: 0.0, similarity: None });
        ranked.score += 1.0 / (K + rank as f64 + 1.0);
        ranked.similarity = ranked.similarity.or(similarity);
    }
    let mut ranking: Vec<Ranked> = found.into_values().collect();
    ranking.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.message.message_id.snowflake().cmp(&b.message.message_id.snowflake()))
    });
    ranking
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Hit;

    fn hits(ids: &[u64]) -> Vec<Hit> {
        let message = |id: u64| ChatMessage { message_id: id.into(), ..ChatMessage::default() };
        ids.iter().map(|id| Hit { message: message(*id), passage: None, score: 0.5 }).collect()
    }

    #[test]
    fn what_both_legs_find_comes_first_and_ties_go_by_number() {
        let legs = Legs { dense: hits(&[30, 7, 5]), lexical: hits(&[100, 7]) };
        let ids: Vec<String> = fuse(legs).into_iter().map(|ranked| ranked.message.message_id.0).collect();
        assert_eq!(ids, ["7", "30", "100", "5"], "7 twice; 30 before 100 though \"100\" < \"30\" as text");
    }
}
