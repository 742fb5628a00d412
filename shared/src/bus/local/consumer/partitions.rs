//! The partitions that a consumer holds, and the records read ahead.

use super::super::{
    membership::{AcquiredLease, Lease},
    poll::{FetchRequest, FetchedRecords, StoredRecord},
};
use crate::bus::{NextOffset, Record, TopicPartition};
use std::collections::{BTreeMap, VecDeque};

/// Records read ahead over all partitions.
const AHEAD: usize = 512;
/// Below this number of records the consumer reads on.
const LOW: usize = 128;
/// With this many bytes at hand the consumer does not read on.
const MOST_BYTES: usize = 4 << 20;
/// Records requested of each partition at least.
const LEAST: usize = 32;

#[derive(Debug)]
struct PartitionState {
    at: TopicPartition,
    epoch: i64,
    /// The next offset to read from the file.
    next: i64,
    ahead: VecDeque<StoredRecord>,
    at_end: bool,
    paused: bool,
    /// Being revoked: nothing more is delivered, but finished records can still be stored.
    leaving: bool,
    stored: Option<i64>,
    committed: Option<i64>,
}

#[derive(Debug, Default)]
pub(super) struct PartitionStates {
    held: BTreeMap<i64, PartitionState>,
    /// The order in which partitions are delivered.
    turns: VecDeque<i64>,
}

impl PartitionStates {
    pub(super) fn add(&mut self, at: TopicPartition, taken: AcquiredLease) {
        let Lease { partition, epoch } = taken.lease;
        let state = PartitionState {
            at,
            epoch,
            next: taken.next,
            ahead: VecDeque::new(),
            at_end: false,
            paused: false,
            leaving: false,
            stored: None,
            committed: None,
        };
        self.held.insert(partition, state);
        self.turns.push_back(partition);
    }

    pub(super) fn remove(&mut self, partition: i64) -> Option<TopicPartition> {
        self.turns.retain(|turn| *turn != partition);
        self.held.remove(&partition).map(|state| state.at)
    }

    /// Stops delivery from a partition; returns it unless it was leaving already.
    pub(super) fn leave(&mut self, partition: i64) -> Option<TopicPartition> {
        let state = self.held.get_mut(&partition).filter(|state| !state.leaving)?;
        state.leaving = true;
        state.ahead.clear();
        Some(state.at.clone())
    }

    pub(super) fn leases(&self) -> Vec<Lease> {
        self.held.iter().map(|(partition, state)| Lease { partition: *partition, epoch: state.epoch }).collect()
    }

    /// Pauses or resumes partitions, ignoring those not held.
    pub(super) fn pause(&mut self, partitions: &[TopicPartition], paused: bool) {
        for state in self.held.values_mut().filter(|state| partitions.contains(&state.at)) {
            state.paused = paused;
        }
    }

    /// The next record, round-robin over the partitions.
    pub(super) fn pop(&mut self) -> Option<Record> {
        for _ in 0..self.turns.len() {
            let turn = self.turns.pop_front()?;
            self.turns.push_back(turn);
            let Some(state) = self.held.get_mut(&turn).filter(|state| state.flows()) else { continue };
            if let Some(stored) = state.ahead.pop_front() {
                return Some(stored.into_record(state.at.clone()));
            }
        }
        None
    }

    /// Whether few records remain at hand and the file may have more.
    pub(super) fn hungry(&self) -> bool {
        let records: usize = self.flowing().map(|(_, state)| state.ahead.len()).sum();
        records < LOW && !self.full() && self.flowing().any(|(_, state)| !state.at_end)
    }

    /// The records to request next.
    pub(super) fn wants(&self) -> Vec<FetchRequest> {
        if self.full() {
            return Vec::new();
        }
        let each = (AHEAD / self.flowing().count().max(1)).max(LEAST);
        let want = |(partition, state): (&i64, &PartitionState)| {
            let most = each.saturating_sub(state.ahead.len());
            (most > 0).then_some(FetchRequest { partition: *partition, from: state.next, most })
        };
        self.flowing().filter_map(want).collect()
    }

    fn full(&self) -> bool {
        self.flowing().flat_map(|(_, state)| &state.ahead).map(StoredRecord::size).sum::<usize>() >= MOST_BYTES
    }

    fn flowing(&self) -> impl Iterator<Item = (&i64, &PartitionState)> {
        self.held.iter().filter(|(_, state)| state.flows())
    }

    /// Adds fetched records; those that do not follow the ones at hand come from a stale poll and are dropped.
    pub(super) fn put(&mut self, found: FetchedRecords) {
        let Some(state) = self.held.get_mut(&found.want.partition) else { return };
        if state.next != found.want.from || state.leaving {
            return;
        }
        state.at_end = found.at_end;
        if let Some(last) = found.records.last() {
            state.next = last.offset + 1;
        }
        state.ahead.extend(found.records);
    }

    /// Stores finished offsets. Ignores partitions not held and older offsets.
    pub(super) fn store(&mut self, offsets: &[NextOffset]) {
        for next in offsets {
            for state in self.held.values_mut().filter(|state| state.at == next.at) {
                state.stored = state.stored.max(Some(next.offset));
            }
        }
    }

    /// Offsets that are stored and not committed, of the partitions that `of` selects.
    pub(super) fn uncommitted(&self, of: impl Fn(i64) -> bool) -> Vec<(Lease, i64)> {
        let news = |(partition, state): (&i64, &PartitionState)| {
            let stored = state.stored.filter(|_| state.stored > state.committed && of(*partition))?;
            Some((Lease { partition: *partition, epoch: state.epoch }, stored))
        };
        self.held.iter().filter_map(news).collect()
    }

    pub(super) fn committed(&mut self, offsets: &[(Lease, i64)]) {
        for (lease, offset) in offsets {
            if let Some(state) = self.held.get_mut(&lease.partition).filter(|held| held.epoch == lease.epoch) {
                state.committed = state.committed.max(Some(*offset));
            }
        }
    }
}

impl PartitionState {
    fn flows(&self) -> bool {
        !self.paused && !self.leaving
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn held(partitions: i64) -> PartitionStates {
        let mut held = PartitionStates::default();
        for partition in 0..partitions {
            let at = TopicPartition::new("t", i32::try_from(partition).unwrap());
            held.add(at, AcquiredLease { lease: Lease { partition, epoch: 1 }, next: 0 });
        }
        held
    }

    fn found(want: FetchRequest, count: i64, size: usize) -> FetchedRecords {
        let record = |n| StoredRecord {
            offset: want.from + n,
            timestamp: jiff::Timestamp::UNIX_EPOCH,
            key: None,
            value: Some(Bytes::from(vec![0; size])),
            headers: crate::bus::Headers::default(),
        };
        FetchedRecords { want, records: (0..count).map(record).collect(), at_end: false }
    }

    #[test]
    fn large_records_are_not_read_ahead_without_bound() {
        let mut held = held(1);
        let mut looks = 0;
        while held.hungry() {
            looks += 1;
            let want = held.wants()[0];
            held.put(found(want, 1, 1_000_000));
        }
        assert_eq!(looks, 5, "until four mebibytes are at hand");
        assert!(held.wants().is_empty());
        held.pop().unwrap();
        assert!(held.hungry());
    }

    #[test]
    fn a_paused_partition_does_not_starve_the_others() {
        let mut held = held(2);
        held.put(found(FetchRequest { partition: 0, from: 0, most: 9 }, 8, 1_000_000));
        let zero = [TopicPartition::new("t", 0)];
        held.pause(&zero, true);
        assert!(held.pop().is_none());
        assert!(held.hungry(), "partition 1 may have more");
        assert_eq!(held.wants().iter().map(|want| want.partition).collect::<Vec<_>>(), [1]);
        held.pause(&zero, false);
        assert_eq!(held.pop().unwrap().offset, 0);
    }

    #[test]
    fn a_look_that_is_out_of_date_is_dropped() {
        let mut held = held(1);
        let want = FetchRequest { partition: 0, from: 0, most: 9 };
        held.put(found(want, 2, 1));
        held.put(found(want, 2, 1));
        let offsets: Vec<_> = std::iter::from_fn(|| held.pop()).map(|record| record.offset).collect();
        assert_eq!(offsets, [0, 1]);
    }
}
