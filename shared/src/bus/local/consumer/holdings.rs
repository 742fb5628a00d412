//! The partitions that a consumer has, and the records that were read ahead for it.

use super::super::{
    membership::{Taken, Tenure},
    poll::{Found, Stored, Want},
};
use crate::bus::{NextOffset, Record, TopicPartition};
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// Records that are read ahead for all partitions together.
const AHEAD: usize = 512;
/// With fewer than this many at hand it is time to read on.
const LOW: usize = 128;
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
                return Some(record(holding.at.clone(), stored));
            }
        }
        None
    }

    /// Whether little is left at hand of what flows, and the file may have more.
    pub(super) fn hungry(&self) -> bool {
        let mut flowing = self.held.values().filter(|holding| holding.flows()).peekable();
        let more = self.held.values().any(|holding| holding.flows() && !holding.at_end);
        flowing.peek().is_some() && more && flowing.map(|holding| holding.ahead.len()).sum::<usize>() < LOW
    }

    /// What to look for in the file.
    pub(super) fn wants(&self) -> Vec<Want> {
        let flowing: Vec<_> = self.held.iter().filter(|(_, holding)| holding.flows()).collect();
        let each = (AHEAD / flowing.len().max(1)).max(LEAST);
        let want = |(partition, holding): (&i64, &Holding)| {
            let most = each.saturating_sub(holding.ahead.len());
            (most > 0).then_some(Want { partition: *partition, from: holding.next, most })
        };
        flowing.into_iter().filter_map(want).collect()
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

fn record(at: TopicPartition, stored: Stored) -> Record {
    Record {
        at,
        offset: stored.offset,
        // Every time that was written came from this type.
        timestamp: Timestamp::from_millisecond(stored.timestamp).unwrap_or_default(),
        key: stored.key,
        value: stored.value,
        headers: stored.headers,
    }
}
