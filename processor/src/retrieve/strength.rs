//! How well the evidence fits the question, so that a question nobody ever answered gets an honest
//! "not found" instead of noise.

use super::{fuse::Ranked, passages::Passage};
use crate::store::words;

/// Cosine similarity from which a hit counts as evidence without sharing any word.
const SIMILAR: f64 = 0.7;

/// How well evidence fits, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Strength {
    /// The share of the question's telling words that stand together in one passage.
    pub coverage: f64,
    /// The best cosine similarity, 0 without vectors.
    pub similarity: f64,
    /// Whether it is enough to quote without a model's judgement.
    pub suffices: bool,
}

impl Strength {
    /// One number for the reader.
    pub fn confidence(&self) -> f64 {
        self.coverage.max(self.similarity).clamp(0.0, 1.0)
    }
}

/// Weighs the evidence against the question.
pub(super) fn strength(question: &str, ranking: &[Ranked], passages: &[Passage]) -> Strength {
    let telling = words::of_query(question);
    let covered = |passage: &Passage| {
        let spoken: Vec<String> = passage.texts().flat_map(words::of_message).collect();
        telling.iter().filter(|word| spoken.iter().any(|w| same(word, w))).count()
    };
    let found = passages.iter().map(covered).max().unwrap_or_default();
    let coverage = if telling.is_empty() { 0.0 } else { found as f64 / telling.len() as f64 };
    let similarity = ranking.iter().filter_map(|ranked| ranked.similarity).fold(0.0, f64::max);
    // A short question must be met almost whole; of a long one, much is circumstance.
    let needed = if telling.len() <= 5 { 0.6 } else { 0.4 };
    let by_words = !telling.is_empty() && coverage >= needed;
    Strength { coverage, similarity, suffices: by_words || similarity >= SIMILAR }
}

/// Whether two words are forms of one: equal, or alike in all but a short ending.
fn same(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.chars().count(), b.chars().count());
    (common == a && common == b) || (common >= 4 && a - common <= 3 && b - common <= 3)
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn forms_of_a_word_are_the_same() {
        assert!(same("releases", "release") && same("printing", "printer") && same("api", "api"));
        assert!(!same("api", "apis2") && !same("port", "portugal"));
    }
}
