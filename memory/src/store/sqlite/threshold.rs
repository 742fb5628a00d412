//! The least that the best of what was seen so far are worth: what is worth less than that is not among them.

use std::{cmp::Reverse, collections::BinaryHeap};

/// So many of the best.
#[derive(Debug)]
pub(super) struct TopKThreshold {
    limit: usize,
    best: BinaryHeap<Reverse<OrderedScore>>,
}

impl TopKThreshold {
    pub(super) fn of(limit: usize) -> Self {
        Self { limit, best: BinaryHeap::new() }
    }

    /// One more that is worth at least this.
    pub(super) fn add(&mut self, at_least: OrderedScore) {
        self.best.push(Reverse(at_least));
        if self.best.len() > self.limit {
            self.best.pop();
        }
    }

    /// What each of the best is worth, at the least; while there are not enough of them, anything is among the best.
    pub(super) fn least(&self) -> OrderedScore {
        match self.best.peek() {
            Some(Reverse(least)) if self.best.len() == self.limit => *least,
            _ => OrderedScore(f32::NEG_INFINITY),
        }
    }
}

/// A number with its place among all others.
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
    fn the_least_of_the_best_is_known_once_there_are_enough() {
        let mut sure = TopKThreshold::of(2);
        for (added, least) in [(0.5, f32::NEG_INFINITY), (0.1, 0.1), (0.3, 0.3), (0.2, 0.3), (0.9, 0.5)] {
            sure.add(OrderedScore(added));
            assert_eq!(sure.least(), OrderedScore(least), "after {added}");
        }
    }
}
