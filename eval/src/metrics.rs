//! Ranking measures over the first k messages.

use serde::Serialize;

/// The measures of one ranking, or their means over many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// 1 if a relevant message is among the first k, else 0.
    pub hit: f64,
    /// The relevant messages among the first k, as a share of min(k, relevant).
    pub recall: f64,
    /// The reciprocal rank of the first relevant message; 0 beyond k.
    pub mrr: f64,
    /// Discounted cumulative gain with binary relevance, normalised by the ideal ranking's.
    pub ndcg: f64,
}

impl Scores {
    /// Scores a ranking, given as the relevance of its messages, best first; `relevant` messages exist in total.
    pub(crate) fn of(ranking: impl IntoIterator<Item = bool>, relevant: usize, k: usize) -> Self {
        let ranks: Vec<usize> = (1..=k).zip(ranking).filter_map(|(rank, good)| good.then_some(rank)).collect();
        let possible = relevant.min(k).max(1);
        let gain = |rank: usize| 1.0 / (rank as f64 + 1.0).log2();
        let ideal: f64 = (1..=possible).map(gain).sum();
        Self {
            hit: if ranks.is_empty() { 0.0 } else { 1.0 },
            recall: ranks.len() as f64 / possible as f64,
            mrr: ranks.first().map_or(0.0, |rank| 1.0 / *rank as f64),
            // Not `sum`, which returns -0 for an empty iterator.
            ndcg: ranks.into_iter().map(gain).fold(0.0, |sum, gain| sum + gain) / ideal,
        }
    }

    /// The means; `None` for an empty iterator.
    pub(crate) fn mean<'a>(all: impl IntoIterator<Item = &'a Scores>) -> Option<Self> {
        let (mut sum, mut count) = (Self::default(), 0.0);
        for scores in all {
            sum.hit += scores.hit;
            sum.recall += scores.recall;
            sum.mrr += scores.mrr;
            sum.ndcg += scores.ndcg;
            count += 1.0;
        }
        let mean = |sum: f64| sum / count;
        let means = Self { hit: mean(sum.hit), recall: mean(sum.recall), mrr: mean(sum.mrr), ndcg: mean(sum.ndcg) };
        (count > 0.0).then_some(means)
    }
}

/// The percentile by nearest rank; `None` without values.
pub(crate) fn percentile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn scores_follow_their_definitions() {
        let scores = Scores::of([false, true, false, true, true], 4, 4);
        assert_eq!((scores.hit, scores.recall, scores.mrr), (1.0, 0.5, 0.5), "the fifth does not count");
        let (second, fourth) = (1.0 / 3f64.log2(), 1.0 / 5f64.log2());
        close(scores.ndcg, (second + fourth) / (1.0 + second + 1.0 / 4f64.log2() + fourth));
    }

    #[test]
    fn an_ideal_ranking_scores_1_and_an_empty_one_0() {
        let best = Scores::of([true, true, false], 2, 10);
        assert_eq!((best.hit, best.recall, best.mrr, best.ndcg), (1.0, 1.0, 1.0, 1.0));
        let more = Scores::of([true, true], 50, 2);
        assert_eq!((more.recall, more.ndcg), (1.0, 1.0), "more than k cannot be found");
        assert_eq!(Scores::of([false, false], 1, 1), Scores::default());
        assert_eq!(Scores::of([], 3, 10), Scores::default());
        assert!(Scores::default().ndcg.is_sign_positive() && Scores::of([], 1, 1).ndcg.is_sign_positive());
    }

    #[test]
    fn means_cover_all_scores_and_an_empty_list_has_none() {
        let half = Scores::mean(&[Scores::of([true], 1, 1), Scores::default()]).unwrap();
        assert_eq!((half.hit, half.recall, half.mrr, half.ndcg), (0.5, 0.5, 0.5, 0.5));
        assert_eq!(Scores::mean(&[]), None);
    }

    #[test]
    fn percentiles_are_observed_values() {
        let values = || (1..=200).rev().map(f64::from).collect::<Vec<_>>();
        assert_eq!((percentile(values(), 0.5), percentile(values(), 0.99)), (Some(100.0), Some(198.0)));
        assert_eq!((percentile(vec![7.0], 0.5), percentile(Vec::new(), 0.5)), (Some(7.0), None));
    }
}
