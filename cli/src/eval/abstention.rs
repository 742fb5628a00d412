//! Whether it is known what is not known: saying "I found nothing" to what cannot be answered, and only to that.

use serde::Serialize;

/// How abstaining went; the positive class is to abstain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Abstention {
    /// Of those abstained from, the share that cannot be answered; none when nothing was abstained from.
    pub(crate) precision: Option<f64>,
    /// Of those that cannot be answered, the share abstained from.
    pub(crate) recall: f64,
    /// The harmonic mean of both.
    pub(crate) f1: f64,
    /// Questions that can be answered.
    pub(crate) answerable: usize,
    /// Questions that cannot.
    pub(crate) unanswerable: usize,
    /// Questions abstained from.
    pub(crate) abstained: usize,
}

impl Abstention {
    /// Of questions, as whether each can be answered and whether it was abstained from. None where every question
    /// can be answered.
    pub(crate) fn of(questions: impl IntoIterator<Item = (bool, bool)>) -> Option<Self> {
        let (mut answerable, mut unanswerable, mut abstained, mut rightly) = (0, 0, 0, 0);
        for (can_be_answered, was_abstained_from) in questions {
            answerable += usize::from(can_be_answered);
            unanswerable += usize::from(!can_be_answered);
            abstained += usize::from(was_abstained_from);
            rightly += usize::from(!can_be_answered && was_abstained_from);
        }
        let share = |of: usize| (of > 0).then(|| rightly as f64 / of as f64);
        let recall = share(unanswerable)?;
        let f1 = 2.0 * rightly as f64 / (abstained + unanswerable) as f64;
        Some(Self { precision: share(abstained), recall, f1, answerable, unanswerable, abstained })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abstaining_is_the_positive_class() {
        let questions = [(true, false), (true, true), (false, true), (false, true), (false, false), (false, false)];
        let seen = Abstention::of(questions).unwrap();
        assert_eq!((seen.precision, seen.recall), (Some(2.0 / 3.0), 0.5));
        assert!((seen.f1 - 4.0 / 7.0).abs() < 1e-12, "{seen:?}");
        assert_eq!((seen.answerable, seen.unanswerable, seen.abstained), (2, 4, 3));
    }

    #[test]
    fn never_abstaining_has_no_precision_and_without_unanswerable_questions_there_is_nothing_to_say() {
        let never = Abstention::of([(true, false), (false, false)]).unwrap();
        assert_eq!((never.precision, never.recall, never.f1), (None, 0.0, 0.0));
        assert_eq!(Abstention::of([(true, false), (true, true)]), None);
    }
}
