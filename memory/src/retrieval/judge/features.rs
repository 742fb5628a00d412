//! What can be seen of how well a search went, in numbers that mean the same whatever the memory's size, its store and
//! its embedder. What each is worth was found by experiment (docs/experiments.md).

use crate::{
    retrieval::{Passage, Rank, Ranked},
    text::words,
};

/// Of a question's words, the most telling count: of a long one, much is circumstance.
const TELLING: usize = 4;
/// The depth of the ranking in which a clear winner stands out, and in which the legs are compared.
const DEPTH: usize = 10;
/// Of questions that are answered, half have less of a lead.
const USUAL_LEAD: f64 = 0.5;

/// What speaks for what was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::retrieval) struct Features {
    /// The best hit's BM25, of what the question's most telling words count. From 0 to a little more than 2.
    pub(in crate::retrieval) share: f64,
    /// By how much the best hit by words is better than the tenth; what is usual where there are fewer.
    pub(in crate::retrieval) lead: f64,
    /// The share of ten places that both legs give to the same messages; none without a dense leg.
    pub(in crate::retrieval) agreement: Option<f64>,
    /// The best cosine similarity, 0 without vectors.
    pub(in crate::retrieval) similarity: f64,
}

impl Features {
    /// Of a ranking, for words that are as telling as this.
    pub(in crate::retrieval) fn of(ranking: &[Ranked], telling: &[f64]) -> Self {
        let mut telling = telling.to_vec();
        telling.sort_by(|a, b| b.total_cmp(a));
        let all: f64 = telling.iter().take(TELLING).sum();
        let mut by_words: Vec<Rank> = ranking.iter().filter_map(|hit| hit.lexical).collect();
        by_words.sort_by_key(|place| place.rank);
        let best = by_words.first().map_or(0.0, |place| place.score);
        let lead = match by_words.get(DEPTH - 1) {
            Some(tenth) if best > 0.0 => 1.0 - tenth.score / best,
            _ => USUAL_LEAD,
        };
        let is_dense = ranking.iter().any(|hit| hit.dense.is_some());
        let high = |place: Option<Rank>| place.is_some_and(|place| place.rank <= DEPTH);
        let both = ranking.iter().filter(|hit| high(hit.lexical) && high(hit.dense)).count();
        Self {
            share: if all > 0.0 { best / all } else { 0.0 },
            lead,
            agreement: is_dense.then_some(both as f64 / DEPTH as f64),
            similarity: ranking.iter().filter_map(|hit| hit.similarity).fold(0.0, f64::max),
        }
    }
}

/// The share of a question's telling words that stand together in one passage.
pub(in crate::retrieval) fn coverage(question: &str, passages: &[Passage]) -> f64 {
    let telling = words::of_query(question);
    let covered = |passage: &Passage| {
        let spoken: Vec<String> = passage.texts().flat_map(words::of_message).collect();
        telling.iter().filter(|word| spoken.iter().any(|w| same(word, w))).count()
    };
    let found = passages.iter().map(covered).max().unwrap_or_default();
    if telling.is_empty() { 0.0 } else { found as f64 / telling.len() as f64 }
}

/// Whether two words are forms of one: equal, or alike in all but a short ending.
fn same(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.chars().count(), b.chars().count());
    (common == a && common == b) || (common >= 4 && a - common <= 3 && b - common <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::ChatMessage;

    /// Where the legs found a message: place and score by words, place by meaning.
    type LegRanks = (Option<(usize, f64)>, Option<usize>);

    fn ranking(hits: &[LegRanks]) -> Vec<Ranked> {
        let mut ids = 1_u64..;
        let mut hit = |(words, meaning): &LegRanks| {
            let message = ChatMessage { message_id: ids.next().unwrap().into(), ..ChatMessage::default() };
            let lexical = words.map(|(rank, score)| Rank { rank, score });
            let dense = meaning.map(|rank| Rank { rank, score: 0.6 });
            Ranked { lexical, dense, similarity: dense.map(|place| place.score), ..Ranked::neighbour(message, 1.0) }
        };
        hits.iter().map(&mut hit).collect()
    }

    #[test]
    fn a_hit_is_measured_by_the_most_telling_words() {
        let hits = ranking(&[(Some((1, 6.0)), None), (Some((2, 3.0)), None)]);
        let seen = Features::of(&hits, &[0.1, 5.0, 4.0, 2.0, 1.0]);
        assert_eq!((seen.share, seen.agreement, seen.similarity), (0.5, None, 0.0), "nobody makes vectors here");
        assert_eq!((Features::of(&hits, &[]).share, Features::of(&[], &[5.0]).share), (0.0, 0.0));
    }

    #[test]
    fn the_best_is_compared_with_the_tenth_whatever_the_order() {
        let mut places: Vec<_> = (1..=20).map(|rank| (Some((rank, 21.0 - rank as f64)), None)).collect();
        places.reverse();
        assert_eq!(Features::of(&ranking(&places), &[10.0]).lead, 1.0 - 11.0 / 20.0);
        assert_eq!(Features::of(&ranking(&places[11..]), &[10.0]).lead, USUAL_LEAD, "nine tell nothing about it");
    }

    #[test]
    fn legs_agree_on_what_both_have_among_their_first_ten() {
        let hits = ranking(&[(Some((1, 6.0)), Some(10)), (Some((11, 1.0)), Some(1)), (None, Some(2)), (None, None)]);
        let seen = Features::of(&hits, &[5.0]);
        assert_eq!((seen.agreement, seen.similarity), (Some(0.1), 0.6));
    }

    #[test]
    fn forms_of_a_word_are_the_same() {
        assert!(same("releases", "release") && same("printing", "printer") && same("api", "api"));
        assert!(!same("api", "apis2") && !same("port", "portugal"));
    }
}
