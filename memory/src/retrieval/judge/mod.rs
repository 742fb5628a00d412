//! How likely it is that what was found answers the question, so that a question nobody ever answered gets an honest
//! "not found" instead of noise.

mod features;

use super::{Passage, Ranked};
use crate::text::words;
use features::{Features, coverage};

/// Cosine similarity from which a hit counts as evidence whatever the words say.
const SIMILAR: f64 = 0.7;
/// The least likelihood that is quoted without a model's judgement.
const LEAST: f64 = 0.4;

/// With fewer messages than this in all conversations around the hits, how rare a word is tells nothing: words are only
/// counted.
const FEW: usize = 10;

/// What each piece of evidence counts, in logits: the logarithm of the share, the lead, and the agreement where there
/// are two legs. Fitted over three sets (docs/experiments.md).
const WORDS_ALONE: Weights = Weights { share: 1.4, lead: 3.0, agreement: 0.0, base: -0.8 };
const BOTH_LEGS: Weights = Weights { share: 1.1, lead: 1.7, agreement: 2.6, base: -0.9 };

/// Keeps the logarithm of no share at all finite.
const SOFTENING: f64 = 0.1;

#[derive(Debug)]
struct Weights {
    share: f64,
    lead: f64,
    agreement: f64,
    base: f64,
}

/// How well evidence fits, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Confidence {
    /// The share of the question's telling words that stand together in one passage.
    pub coverage: f64,
    /// The best cosine similarity, 0 without vectors.
    pub similarity: f64,
    /// How likely it is that the question is answered here, as far as a search can tell.
    pub likelihood: f64,
    /// Whether it is enough to quote without a model's judgement.
    pub suffices: bool,
}

impl Confidence {
    /// One number for the reader.
    pub fn score(&self) -> f64 {
        self.likelihood.clamp(0.0, 1.0)
    }

    /// Of what was found for a question whose words are as telling as this.
    pub(in crate::retrieval) fn of(question: &str, telling: &[f64], ranking: &[Ranked], passages: &[Passage]) -> Self {
        let evidence = Features::of(ranking, telling);
        let (coverage, similarity) = (coverage(question, passages), evidence.similarity);
        let (likelihood, least) =
            if ranking.len() < FEW { (coverage, needed(question)) } else { (likelihood(&evidence), LEAST) };
        Self { coverage, similarity, likelihood, suffices: likelihood >= least || similarity >= SIMILAR }
    }

    /// Of what needs no judgement.
    pub(in crate::retrieval) fn given(is_something: bool) -> Self {
        let all = if is_something { 1.0 } else { 0.0 };
        Self { coverage: all, similarity: 0.0, likelihood: all, suffices: is_something }
    }

    /// The same, when the question's words must stand together in these passages, too.
    pub(in crate::retrieval) fn covered_by(self, question: &str, passages: &[Passage]) -> Self {
        let coverage = coverage(question, passages);
        let is_covered = coverage >= needed(question) || self.similarity >= SIMILAR;
        let likelihood = if is_covered { self.likelihood } else { self.likelihood.min(coverage) };
        Self { coverage, likelihood, suffices: self.suffices && is_covered, ..self }
    }
}

fn likelihood(evidence: &Features) -> f64 {
    let weights = if evidence.agreement.is_some() { &BOTH_LEGS } else { &WORDS_ALONE };
    let logit = weights.base
        + weights.share * (evidence.share + SOFTENING).ln()
        + weights.lead * evidence.lead
        + weights.agreement * evidence.agreement.unwrap_or_default();
    1.0 / (1.0 + (-logit).exp())
}

/// The share of a question's telling words that must stand together: a short one must be met almost whole; of a long
/// one, much is circumstance.
fn needed(question: &str) -> f64 {
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
    fn more_evidence_is_likelier_to_answer() {
        for agreement in [None, Some(0.3)] {
            let is = |share, lead| likelihood(&evidence(share, lead, agreement));
            assert!(is(0.5, 0.5) > is(0.3, 0.5) && is(0.5, 0.5) > is(0.5, 0.2));
            assert!(is(0.0, 0.0) < LEAST && is(0.0, 0.0) > 0.0 && is(1.5, 1.0) > LEAST && is(1.5, 1.0) < 1.0);
        }
        assert!(likelihood(&evidence(0.5, 0.5, Some(0.6))) > likelihood(&evidence(0.5, 0.5, Some(0.1))));
    }

    #[test]
    fn nothing_found_is_never_enough() {
        let nothing = Confidence::of("Where is the heron?", &[7.0], &[], &[]);
        assert_eq!((nothing.suffices, nothing.coverage), (false, 0.0));
        assert_eq!(nothing.score(), 0.0, "{nothing:?}");
    }

    #[test]
    fn in_a_small_memory_words_are_only_counted() {
        let message = ChatMessage { content: "The crane anchor is red".to_owned(), ..ChatMessage::default() };
        let ranking = [Ranked::neighbour(message.clone(), 1.0)];
        let passage = Passage { messages: vec![message], scores: HashMap::new(), files: HashMap::new() };
        // Two words that every message has, and one that none has.
        let telling = [0.2, 0.2, 1.8];
        let judged = |question| Confidence::of(question, &telling, &ranking, std::slice::from_ref(&passage));
        assert!(judged("Which colour is the crane anchor?").suffices);
        assert!(!judged("Which colour is the crane hook?").suffices);
    }

    #[test]
    fn what_is_asked_of_one_time_or_person_must_be_said_inside_it() {
        let given = Confidence::given(true);
        assert!(given.suffices && !given.covered_by("Where is the heron?", &[]).suffices);
        assert!(!Confidence::given(false).suffices);
    }
}
