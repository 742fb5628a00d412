//! Assigned partitions and their progress.

use crate::bus::{NextOffset, TopicPartition};
use std::collections::HashMap;

#[derive(Debug, Default)]
struct PartitionOffsets {
    /// The first offset delivered since the assignment.
    first: Option<i64>,
    /// The next offset to read once everything stored is committed.
    stored: Option<i64>,
    committed: Option<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Ledger(HashMap<TopicPartition, PartitionOffsets>);

impl Ledger {
    pub(super) fn assign(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            self.0.insert(at.clone(), PartitionOffsets::default());
        }
    }

    /// Another member handles again what was not committed.
    pub(super) fn revoke(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            self.0.remove(at);
        }
    }

    pub(super) fn owns(&self, at: &TopicPartition) -> bool {
        self.0.contains_key(at)
    }

    pub(super) fn owned(&self) -> impl Iterator<Item = &TopicPartition> {
        self.0.keys()
    }

    pub(super) fn deliver(&mut self, at: &TopicPartition, offset: i64) {
        if let Some(entry) = self.0.get_mut(at) {
            entry.first.get_or_insert(offset);
        }
    }

    /// Stores a finished offset. It never moves back. Deliveries from before the last assignment do not count, because
    /// another member has committed since.
    pub(super) fn store(&mut self, next: &NextOffset) {
        let Some(entry) = self.0.get_mut(&next.at) else { return };
        if entry.first.is_some_and(|first| next.offset > first) && entry.stored.is_none_or(|old| next.offset > old) {
            entry.stored = Some(next.offset);
        }
    }

    /// Stores the group's start position on a partition without a committed offset.
    pub(super) fn anchor(&mut self, next: &NextOffset) {
        if let Some(entry) = self.0.get_mut(&next.at) {
            entry.stored.get_or_insert(next.offset);
        }
    }

    /// Offsets that are stored and not committed, of all partitions or of these.
    pub(super) fn uncommitted(&self, of: Option<&[TopicPartition]>) -> Vec<NextOffset> {
        let wanted = |at: &TopicPartition| of.is_none_or(|partitions| partitions.contains(at));
        let due = self.0.iter().filter(|(at, entry)| wanted(at) && entry.stored != entry.committed);
        due.filter_map(|(at, entry)| Some(NextOffset { at: at.clone(), offset: entry.stored? })).collect()
    }

    pub(super) fn committed(&mut self, offsets: &[NextOffset]) {
        for next in offsets {
            if let Some(entry) = self.0.get_mut(&next.at) {
                entry.committed = Some(next.offset);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(offset: i64) -> NextOffset {
        NextOffset { at: TopicPartition::new("t", 0), offset }
    }

    fn owning() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.assign(&[next(0).at]);
        ledger
    }

    #[test]
    fn only_new_offsets_are_committed_and_none_moves_back() {
        let mut ledger = owning();
        ledger.deliver(&next(0).at, 5);
        ledger.store(&next(8));
        ledger.store(&next(6));
        assert_eq!(ledger.uncommitted(None), [next(8)]);
        ledger.committed(&[next(8)]);
        assert!(ledger.uncommitted(None).is_empty());
        ledger.store(&next(9));
        assert!(ledger.uncommitted(Some(&[TopicPartition::new("t", 1)])).is_empty());
        assert_eq!(ledger.uncommitted(Some(&[next(0).at])), [next(9)]);
    }

    #[test]
    fn acknowledgements_from_before_a_rebalance_do_not_count() {
        let mut ledger = owning();
        ledger.deliver(&next(0).at, 0);
        ledger.revoke(&[next(0).at]);
        ledger.store(&next(3));
        ledger.assign(&[next(0).at]);
        ledger.store(&next(3));
        assert!(ledger.uncommitted(None).is_empty(), "nothing was handed out since");
        // Another member has committed up to 7.
        ledger.deliver(&next(0).at, 7);
        ledger.store(&next(4));
        assert!(ledger.uncommitted(None).is_empty(), "it would take the group back");
        ledger.store(&next(8));
        assert_eq!(ledger.uncommitted(None), [next(8)]);
    }
}
