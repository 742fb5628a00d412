//! Abstention: retrieval should say "I found nothing" to unanswerable questions, and only to those.

use serde::Serialize;

/// Abstention as a classifier; the positive class is to abstain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Abstention {
    /// The unanswerable share of the abstentions; `None` without abstentions.
    pub precision: Option<f64>,
    /// The share of the unanswerable questions that retrieval abstained from.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// How many questions the set answers.
    pub answerable: usize,
    /// How many questions the set does not answer.
    pub unanswerable: usize,
    /// How many questions retrieval abstained from.
    pub abstained: usize,
}

impl Abstention {
    /// From pairs of (answerable, abstained); `None` if every question is answerable.
    pub(crate) fn of(questions: impl IntoIterator<Item = (bool, bool)>) -> Option<Self> {
        let (mut answerable, mut unanswerable, mut abstained, mut correct) = (0, 0, 0, 0);
        for (is_answerable, is_abstained) in questions {
            answerable += usize::from(is_answerable);
            unanswerable += usize::from(!is_answerable);
            abstained += usize::from(is_abstained);
            correct += usize::from(!is_answerable && is_abstained);
        }
        let share = |of: usize| (of > 0).then(|| correct as f64 / of as f64);
        let recall = share(unanswerable)?;
        let f1 = 2.0 * correct as f64 / (abstained + unanswerable) as f64;
        Some(Self { precision: share(abstained), recall, f1, answerable, unanswerable, abstained })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abstaining_is_the_positive_class() {
        let questions = [(true, false), (true, true), (false, true), (false, true), (false, false), (false, false)];
        let measured = Abstention::of(questions).unwrap();
        assert_eq!((measured.precision, measured.recall), (Some(2.0 / 3.0), 0.5));
        assert!((measured.f1 - 4.0 / 7.0).abs() < 1e-12, "{measured:?}");
        assert_eq!((measured.answerable, measured.unanswerable, measured.abstained), (2, 4, 3));
    }

    #[test]
    fn without_abstentions_there_is_no_precision_and_without_unanswerable_questions_no_result() {
        let never = Abstention::of([(true, false), (false, false)]).unwrap();
        assert_eq!((never.precision, never.recall, never.f1), (None, 0.0, 0.0));
        assert_eq!(Abstention::of([(true, false), (true, true)]), None);
    }
}
