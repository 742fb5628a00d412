//! Features of a search's success that do not depend on the store, its size or the embedder. Their weights were found
//! by experiment (docs/experiments.md).

use crate::{
    retrieval::{Passage, Rank, Ranked},
    text::words,
};

/// The number of terms with the highest idf that count; a long question contains many unimportant ones.
const MAX_TERMS: usize = 4;
/// The ranking depth at which the lead and the agreement of the legs are measured.
const DEPTH: usize = 10;
/// The median lead of answerable questions.
const USUAL_LEAD: f64 = 0.5;

/// The features of one search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::retrieval) struct Features {
    /// The best hit's BM25 score divided by the sum of the highest idfs; from 0 to slightly above 2.
    pub(in crate::retrieval) share: f64,
    /// The relative lead of the best lexical hit over the tenth; the median lead if there are fewer.
    pub(in crate::retrieval) lead: f64,
    /// The share of the first ten ranks that both legs give to the same messages; `None` without a dense leg.
    pub(in crate::retrieval) agreement: Option<f64>,
    /// The best cosine similarity; 0 without vectors.
    pub(in crate::retrieval) similarity: f64,
}

impl Features {
    /// The features of a ranking, given the idfs of the question's terms.
    pub(in crate::retrieval) fn of(ranking: &[Ranked], idfs: &[f64]) -> Self {
        let mut idfs = idfs.to_vec();
        idfs.sort_by(|a, b| b.total_cmp(a));
        let all: f64 = idfs.iter().take(MAX_TERMS).sum();
        let mut lexical: Vec<Rank> = ranking.iter().filter_map(|hit| hit.lexical).collect();
        lexical.sort_by_key(|rank| rank.rank);
        let best = lexical.first().map_or(0.0, |rank| rank.score);
        let lead = match lexical.get(DEPTH - 1) {
            Some(tenth) if best > 0.0 => 1.0 - tenth.score / best,
            _ => USUAL_LEAD,
        };
        let is_dense = ranking.iter().any(|hit| hit.dense.is_some());
        let is_high = |rank: Option<Rank>| rank.is_some_and(|rank| rank.rank <= DEPTH);
        let both = ranking.iter().filter(|hit| is_high(hit.lexical) && is_high(hit.dense)).count();
        Self {
            share: if all > 0.0 { best / all } else { 0.0 },
            lead,
            agreement: is_dense.then_some(both as f64 / DEPTH as f64),
            similarity: ranking.iter().filter_map(|hit| hit.similarity).fold(0.0, f64::max),
        }
    }
}

/// The largest share of a question's terms that one passage contains.
pub(in crate::retrieval) fn coverage(question: &str, passages: &[Passage]) -> f64 {
    let terms = words::of_query(question);
    let covered = |passage: &Passage| {
        let words: Vec<String> = passage.texts().flat_map(words::of_message).collect();
        terms.iter().filter(|term| words.iter().any(|word| is_same_word(term, word))).count()
    };
    let found = passages.iter().map(covered).max().unwrap_or_default();
    if terms.is_empty() { 0.0 } else { found as f64 / terms.len() as f64 }
}

/// Whether two words are forms of one word: equal, or different only in a short ending.
fn is_same_word(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.chars().count(), b.chars().count());
    (common == a && common == b) || (common >= 4 && a - common <= 3 && b - common <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::ChatMessage;

    /// A message's lexical rank and score, and its dense rank.
    type LegRanks = (Option<(usize, f64)>, Option<usize>);

    fn ranking(hits: &[LegRanks]) -> Vec<Ranked> {
        let mut ids = 1_u64..;
        let mut hit = |(words, meaning): &LegRanks| {
            let message = ChatMessage { message_id: ids.next().unwrap().into(), ..ChatMessage::default() };
            let lexical = words.map(|(rank, score)| Rank { rank, score });
            let dense = meaning.map(|rank| Rank { rank, score: 0.6 });
            Ranked { lexical, dense, similarity: dense.map(|rank| rank.score), ..Ranked::neighbour(message, 1.0) }
        };
        hits.iter().map(&mut hit).collect()
    }

    #[test]
    fn the_share_uses_the_highest_idfs() {
        let hits = ranking(&[(Some((1, 6.0)), None), (Some((2, 3.0)), None)]);
        let seen = Features::of(&hits, &[0.1, 5.0, 4.0, 2.0, 1.0]);
        assert_eq!((seen.share, seen.agreement, seen.similarity), (0.5, None, 0.0), "there is no dense leg");
        assert_eq!((Features::of(&hits, &[]).share, Features::of(&[], &[5.0]).share), (0.0, 0.0));
    }

    #[test]
    fn the_lead_compares_the_best_with_the_tenth_in_any_order() {
        let mut places: Vec<_> = (1..=20).map(|rank| (Some((rank, 21.0 - rank as f64)), None)).collect();
        places.reverse();
        assert_eq!(Features::of(&ranking(&places), &[10.0]).lead, 1.0 - 11.0 / 20.0);
        assert_eq!(Features::of(&ranking(&places[11..]), &[10.0]).lead, USUAL_LEAD, "nine hits have no tenth");
    }

    #[test]
    fn agreement_counts_messages_in_both_top_tens() {
        let hits = ranking(&[(Some((1, 6.0)), Some(10)), (Some((11, 1.0)), Some(1)), (None, Some(2)), (None, None)]);
        let seen = Features::of(&hits, &[5.0]);
        assert_eq!((seen.agreement, seen.similarity), (Some(0.1), 0.6));
    }

    #[test]
    fn word_forms_are_the_same_word() {
        assert!(
            is_same_word("releases", "release") && is_same_word("printing", "printer") && is_same_word("api", "api")
        );
        assert!(!is_same_word("api", "apis2") && !is_same_word("port", "portugal"));
    }
}
