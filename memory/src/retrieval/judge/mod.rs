//! The judge stage: the likelihood that the evidence answers the question. A question without an answer gets "not
//! found" instead of noise.

mod features;

use super::{Passage, Ranked};
use crate::text::words;
use features::{Features, coverage};

/// The cosine similarity from which a hit suffices regardless of its terms.
const SUFFICIENT_SIMILARITY: f64 = 0.7;
/// The least likelihood that suffices without a model's judgement.
const MIN_LIKELIHOOD: f64 = 0.4;

/// With fewer ranked messages than this, idfs are meaningless, so only coverage counts.
const MIN_RANKED: usize = 10;

/// The weights in logits of the share's logarithm, of the lead, and with two legs of their agreement. Fitted on three
/// evaluation sets (docs/experiments.md).
const LEXICAL_ONLY: Weights = Weights { share: 1.4, lead: 3.0, agreement: 0.0, base: -0.8 };
const BOTH_LEGS: Weights = Weights { share: 1.1, lead: 1.7, agreement: 2.6, base: -0.9 };

/// Keeps the logarithm of a share of 0 finite.
const SOFTENING: f64 = 0.1;

#[derive(Debug)]
struct Weights {
    share: f64,
    lead: f64,
    agreement: f64,
    base: f64,
}

/// How well the evidence answers the question, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Confidence {
    /// The largest share of the question's terms that one passage contains.
    pub coverage: f64,
    /// The best cosine similarity; 0 without vectors.
    pub similarity: f64,
    /// The estimated likelihood of an answer.
    pub likelihood: f64,
    /// Whether the evidence suffices without a model's judgement.
    pub suffices: bool,
}

impl Confidence {
    /// The likelihood as the reader sees it.
    pub fn score(&self) -> f64 {
        self.likelihood.clamp(0.0, 1.0)
    }

    /// Judges a ranking, given the idfs of the question's terms.
    pub(in crate::retrieval) fn of(question: &str, idfs: &[f64], ranking: &[Ranked], passages: &[Passage]) -> Self {
        let features = Features::of(ranking, idfs);
        let (coverage, similarity) = (coverage(question, passages), features.similarity);
        let (likelihood, minimum) = if ranking.len() < MIN_RANKED {
            (coverage, min_coverage(question))
        } else {
            (likelihood(&features), MIN_LIKELIHOOD)
        };
        Self {
            coverage,
            similarity,
            likelihood,
            suffices: likelihood >= minimum || similarity >= SUFFICIENT_SIMILARITY,
        }
    }

    /// Full confidence if anything was found, for results that need no judgement.
    pub(in crate::retrieval) fn certain_if(is_found: bool) -> Self {
        let all = if is_found { 1.0 } else { 0.0 };
        Self { coverage: all, similarity: 0.0, likelihood: all, suffices: is_found }
    }

    /// Lowers the confidence unless one of these passages also covers the question's terms.
    pub(in crate::retrieval) fn covered_by(self, question: &str, passages: &[Passage]) -> Self {
        let coverage = coverage(question, passages);
        let is_covered = coverage >= min_coverage(question) || self.similarity >= SUFFICIENT_SIMILARITY;
        let likelihood = if is_covered { self.likelihood } else { self.likelihood.min(coverage) };
        Self { coverage, likelihood, suffices: self.suffices && is_covered, ..self }
    }
}

fn likelihood(features: &Features) -> f64 {
    let weights = if features.agreement.is_some() { &BOTH_LEGS } else { &LEXICAL_ONLY };
    let logit = weights.base
        + weights.share * (features.share + SOFTENING).ln()
        + weights.lead * features.lead
        + weights.agreement * features.agreement.unwrap_or_default();
    1.0 / (1.0 + (-logit).exp())
}

/// The coverage that a question needs: most terms of a short one, fewer of a long one, which contains unimportant
/// terms.
fn min_coverage(question: &str) -> f64 {
    if words::of_query(question).len() <= 5 { 0.6 } else { 0.4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::ChatMessage;
    use std::collections::HashMap;

    fn evidence(share: f64, lead: f64, agreement: Option<f64>) -> Features {
        Features { share, lead, agreement, similarity: 0.0 }
    }

    #[test]
    fn more_evidence_is_likelier() {
        for agreement in [None, Some(0.3)] {
            let is = |share, lead| likelihood(&evidence(share, lead, agreement));
            assert!(is(0.5, 0.5) > is(0.3, 0.5) && is(0.5, 0.5) > is(0.5, 0.2));
            assert!(
                is(0.0, 0.0) < MIN_LIKELIHOOD
                    && is(0.0, 0.0) > 0.0
                    && is(1.5, 1.0) > MIN_LIKELIHOOD
                    && is(1.5, 1.0) < 1.0
            );
        }
        assert!(likelihood(&evidence(0.5, 0.5, Some(0.6))) > likelihood(&evidence(0.5, 0.5, Some(0.1))));
    }

    #[test]
    fn an_empty_ranking_never_suffices() {
        let nothing = Confidence::of("Where is the heron?", &[7.0], &[], &[]);
        assert_eq!((nothing.suffices, nothing.coverage), (false, 0.0));
        assert_eq!(nothing.score(), 0.0, "{nothing:?}");
    }

    #[test]
    fn in_a_small_ranking_only_coverage_counts() {
        let message = ChatMessage { content: "The crane anchor is red".to_owned(), ..ChatMessage::default() };
        let ranking = [Ranked::neighbour(message.clone(), 1.0)];
        let passage = Passage { messages: vec![message], scores: HashMap::new(), files: HashMap::new() };
        // Two terms of every message, and one of none.
        let idfs = [0.2, 0.2, 1.8];
        let judged = |question| Confidence::of(question, &idfs, &ranking, std::slice::from_ref(&passage));
        assert!(judged("Which colour is the crane anchor?").suffices);
        assert!(!judged("Which colour is the crane hook?").suffices);
    }

    #[test]
    fn passages_must_cover_the_terms() {
        let certain = Confidence::certain_if(true);
        assert!(certain.suffices && !certain.covered_by("Where is the heron?", &[]).suffices);
        assert!(!Confidence::certain_if(false).suffices);
    }
}
