//! The running top-k threshold of a search. A candidate with a lower score cannot be among the best.

use std::{cmp::Reverse, collections::BinaryHeap};

/// The best `limit` scores so far.
#[derive(Debug)]
pub(super) struct TopKThreshold {
    limit: usize,
    best: BinaryHeap<Reverse<OrderedScore>>,
}

impl TopKThreshold {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, best: BinaryHeap::new() }
    }

    /// Adds a candidate by the lower bound of its score.
    pub(super) fn push(&mut self, lower_bound: OrderedScore) {
        self.best.push(Reverse(lower_bound));
        if self.best.len() > self.limit {
            self.best.pop();
        }
    }

    /// The lowest of the best scores; minus infinity while there are fewer than `limit`.
    pub(super) fn value(&self) -> OrderedScore {
        match self.best.peek() {
            Some(Reverse(lowest)) if self.best.len() == self.limit => *lowest,
            _ => OrderedScore(f32::NEG_INFINITY),
        }
    }
}

/// A score with a total order.
#[derive(Clone, Copy, Debug)]
pub(super) struct OrderedScore(pub(super) f32);

impl Ord for OrderedScore {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for OrderedScore {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for OrderedScore {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for OrderedScore {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_lowest_of_the_best_scores() {
        let mut threshold = TopKThreshold::new(2);
        for (added, value) in [(0.5, f32::NEG_INFINITY), (0.1, 0.1), (0.3, 0.3), (0.2, 0.3), (0.9, 0.5)] {
            threshold.push(OrderedScore(added));
            assert_eq!(threshold.value(), OrderedScore(value), "after {added}");
        }
    }
}
