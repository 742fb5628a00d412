//! The partitions that a consumer has, and the records that were read ahead for it.

use super::super::{
    membership::{Taken, Tenure},
    poll::{Found, Stored, Want},
};
use crate::bus::{NextOffset, Record, TopicPartition};
use std::collections::{BTreeMap, VecDeque};

/// Records that are read ahead for all partitions together.
const AHEAD: usize = 512;
/// With fewer than this many at hand it is time to read on.
const LOW: usize = 128;
/// With this many bytes at hand nothing more is read, however few records they are.
const MOST_BYTES: usize = 4 << 20;
/// What a look asks of each partition at least.
const LEAST: usize = 32;

/// A partition that the consumer has.
#[derive(Debug)]
struct Holding {
    at: TopicPartition,
    epoch: i64,
    /// The next offset to read from the file.
    next: i64,
    ahead: VecDeque<Stored>,
    at_end: bool,
    paused: bool,
    /// Being given up: nothing more is delivered, but what is under way may still be stored.
    leaving: bool,
    stored: Option<i64>,
    committed: Option<i64>,
}

/// All that a consumer has.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    held: BTreeMap<i64, Holding>,
    /// Whose turn it is to be heard.
    turns: VecDeque<i64>,
}

impl Holdings {
    /// Takes a partition on.
    pub(super) fn add(&mut self, at: TopicPartition, taken: Taken) {
        let Tenure { partition, epoch } = taken.tenure;
        let holding = Holding {
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
        self.held.insert(partition, holding);
        self.turns.push_back(partition);
    }

    /// Lets a partition go.
    pub(super) fn remove(&mut self, partition: i64) -> Option<TopicPartition> {
        self.turns.retain(|turn| *turn != partition);
        self.held.remove(&partition).map(|holding| holding.at)
    }

    /// Delivers nothing more from a partition; its name, unless it is leaving already.
    pub(super) fn leave(&mut self, partition: i64) -> Option<TopicPartition> {
        let holding = self.held.get_mut(&partition).filter(|holding| !holding.leaving)?;
        holding.leaving = true;
        holding.ahead.clear();
        Some(holding.at.clone())
    }

    /// Every partition held, with its epoch.
    pub(super) fn tenures(&self) -> Vec<Tenure> {
        self.held.iter().map(|(partition, holding)| Tenure { partition: *partition, epoch: holding.epoch }).collect()
    }

    /// Pauses or resumes; what is not held is passed over.
    pub(super) fn pause(&mut self, partitions: &[TopicPartition], paused: bool) {
        for holding in self.held.values_mut().filter(|holding| partitions.contains(&holding.at)) {
            holding.paused = paused;
        }
    }

    /// The next record, partition by partition in turns.
    pub(super) fn pop(&mut self) -> Option<Record> {
        for _ in 0..self.turns.len() {
            let turn = self.turns.pop_front()?;
            self.turns.push_back(turn);
            let Some(holding) = self.held.get_mut(&turn).filter(|holding| holding.flows()) else { continue };
            if let Some(stored) = holding.ahead.pop_front() {
                return Some(stored.into_record(holding.at.clone()));
            }
        }
        None
    }

    /// Whether little is left at hand of what flows, and the file may have more.
    pub(super) fn hungry(&self) -> bool {
        let records: usize = self.flowing().map(|(_, holding)| holding.ahead.len()).sum();
        records < LOW && !self.full() && self.flowing().any(|(_, holding)| !holding.at_end)
    }

    /// What to look for in the file.
    pub(super) fn wants(&self) -> Vec<Want> {
        if self.full() {
            return Vec::new();
        }
        let each = (AHEAD / self.flowing().count().max(1)).max(LEAST);
        let want = |(partition, holding): (&i64, &Holding)| {
            let most = each.saturating_sub(holding.ahead.len());
            (most > 0).then_some(Want { partition: *partition, from: holding.next, most })
        };
        self.flowing().filter_map(want).collect()
    }

    fn full(&self) -> bool {
        self.flowing().flat_map(|(_, holding)| &holding.ahead).map(Stored::size).sum::<usize>() >= MOST_BYTES
    }

    fn flowing(&self) -> impl Iterator<Item = (&i64, &Holding)> {
        self.held.iter().filter(|(_, holding)| holding.flows())
    }

    /// Puts records that were found behind those at hand; what does not join on is of an earlier look and is dropped.
    pub(super) fn put(&mut self, found: Found) {
        let Some(holding) = self.held.get_mut(&found.want.partition) else { return };
        if holding.next != found.want.from || holding.leaving {
            return;
        }
        holding.at_end = found.at_end;
        if let Some(last) = found.records.last() {
            holding.next = last.offset + 1;
        }
        holding.ahead.extend(found.records);
    }

    /// Notes how far the consumer is. Offsets of partitions that it does not have are ignored, and so are older ones.
    pub(super) fn store(&mut self, offsets: &[NextOffset]) {
        for next in offsets {
            for holding in self.held.values_mut().filter(|holding| holding.at == next.at) {
                holding.stored = holding.stored.max(Some(next.offset));
            }
        }
    }

    /// What is stored and not yet committed, of these partitions or of all.
    pub(super) fn uncommitted(&self, of: impl Fn(i64) -> bool) -> Vec<(Tenure, i64)> {
        let news = |(partition, holding): (&i64, &Holding)| {
            let stored = holding.stored.filter(|_| holding.stored > holding.committed && of(*partition))?;
            Some((Tenure { partition: *partition, epoch: holding.epoch }, stored))
        };
        self.held.iter().filter_map(news).collect()
    }

    /// Notes what has been committed.
    pub(super) fn committed(&mut self, offsets: &[(Tenure, i64)]) {
        for (tenure, offset) in offsets {
            if let Some(holding) = self.held.get_mut(&tenure.partition).filter(|held| held.epoch == tenure.epoch) {
                holding.committed = holding.committed.max(Some(*offset));
            }
        }
    }
}

impl Holding {
    fn flows(&self) -> bool {
        !self.paused && !self.leaving
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn holdings(partitions: i64) -> Holdings {
        let mut holdings = Holdings::default();
        for partition in 0..partitions {
            let at = TopicPartition::new("t", i32::try_from(partition).unwrap());
            holdings.add(at, Taken { tenure: Tenure { partition, epoch: 1 }, next: 0 });
        }
        holdings
    }

    fn found(want: Want, count: i64, size: usize) -> Found {
        let record = |n| Stored {
            offset: want.from + n,
            timestamp: jiff::Timestamp::UNIX_EPOCH,
            key: None,
            value: Some(Bytes::from(vec![0; size])),
            headers: crate::bus::Headers::default(),
        };
        Found { want, records: (0..count).map(record).collect(), at_end: false }
    }

    #[test]
    fn large_records_are_not_read_ahead_without_bound() {
        let mut holdings = holdings(1);
        let mut looks = 0;
        while holdings.hungry() {
            looks += 1;
            let want = holdings.wants()[0];
            holdings.put(found(want, 1, 1_000_000));
        }
        assert_eq!(looks, 5, "until four mebibytes are at hand");
        assert!(holdings.wants().is_empty());
        holdings.pop().unwrap();
        assert!(holdings.hungry());
    }

    #[test]
    fn what_a_pause_holds_back_does_not_starve_the_others() {
        let mut holdings = holdings(2);
        holdings.put(found(Want { partition: 0, from: 0, most: 9 }, 8, 1_000_000));
        let zero = [TopicPartition::new("t", 0)];
        holdings.pause(&zero, true);
        assert!(holdings.pop().is_none());
        assert!(holdings.hungry(), "partition 1 may have more");
        assert_eq!(holdings.wants().iter().map(|want| want.partition).collect::<Vec<_>>(), [1]);
        holdings.pause(&zero, false);
        assert_eq!(holdings.pop().unwrap().offset, 0);
    }

    #[test]
    fn a_look_that_is_out_of_date_is_dropped() {
        let mut holdings = holdings(1);
        let want = Want { partition: 0, from: 0, most: 9 };
        holdings.put(found(want, 2, 1));
        holdings.put(found(want, 2, 1));
        let offsets: Vec<_> = std::iter::from_fn(|| holdings.pop()).map(|record| record.offset).collect();
        assert_eq!(offsets, [0, 1]);
    }
}
