//! The queue between the polling thread and the consuming task.
//!
//! It is bounded. Revoking a partition removes its records, so that none is delivered afterwards.

use super::ledger::Ledger;
use crate::bus::{BusError, ConsumerEvent, Record, Revocation, TopicPartition};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::sync::Notify;

/// The polling thread stops at this size.
const FULL: QueueSize = QueueSize { records: 2048, bytes: 16 << 20 };
/// The polling thread resumes at this size. The two are far apart because pausing discards what librdkafka has
/// prefetched.
const ROOM: QueueSize = QueueSize { records: 1024, bytes: 8 << 20 };

#[derive(Clone, Copy, Debug, Default)]
struct QueueSize {
    records: usize,
    bytes: usize,
}

impl QueueSize {
    fn reaches(self, limit: Self) -> bool {
        self.records >= limit.records || self.bytes >= limit.bytes
    }

    fn is_within(self, limit: Self) -> bool {
        self.records <= limit.records && self.bytes <= limit.bytes
    }
}

#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<InboxState>,
    news: Notify,
    room: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct InboxState {
    pub(super) ledger: Ledger,
    /// Assignments and revocations. They are delivered before records: a revoked partition's records are already
    /// removed, and a newly assigned one's have not arrived.
    changes: VecDeque<ConsumerEvent>,
    records: VecDeque<Record>,
    load: QueueSize,
    /// Records of partitions that the consumer has paused.
    paused: HashMap<TopicPartition, VecDeque<Record>>,
    fault: Option<BusError>,
    full: bool,
    /// Whether the polling thread has paused every partition because the inbox is full.
    pub(super) holding: bool,
    closed: bool,
}

impl Inbox {
    pub(super) fn state(&self) -> MutexGuard<'_, InboxState> {
        self.state.lock()
    }

    /// The next event. Cancel safe.
    pub(super) async fn next(&self) -> Result<ConsumerEvent, BusError> {
        loop {
            // `notify_one` keeps a permit when an event arrives between `take` and `await`.
            let news = self.news.notified();
            if let Some(event) = self.take() {
                return event;
            }
            news.await;
        }
    }

    fn take(&self) -> Option<Result<ConsumerEvent, BusError>> {
        let mut state = self.state();
        let event = state.take();
        if state.full && state.load.is_within(ROOM) {
            state.full = false;
            self.room.notify_one();
        }
        event
    }

    /// Adds a record unless its partition has been revoked.
    pub(super) fn push(&self, record: Record) {
        self.state().push(record);
        self.news.notify_one();
    }

    pub(super) fn assign(&self, partitions: Vec<TopicPartition>) {
        let mut state = self.state();
        state.ledger.assign(&partitions);
        state.changes.push_back(ConsumerEvent::Assigned(partitions));
        drop(state);
        self.news.notify_one();
    }

    /// Removes the records of revoked partitions and queues the revocation.
    pub(super) fn withdraw(&self, revocation: Revocation) {
        let mut state = self.state();
        state.forget(&revocation.partitions);
        if revocation.lost {
            state.ledger.revoke(&revocation.partitions);
        }
        state.changes.push_back(ConsumerEvent::Revoked(revocation));
        drop(state);
        self.room.notify_one();
        self.news.notify_one();
    }

    /// Queues an error; a newer one replaces it.
    pub(super) fn fail(&self, fault: BusError) {
        self.state().fault = Some(fault);
        self.news.notify_one();
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.room.notify_one();
        self.news.notify_one();
    }

    /// Waits up to `patience` for room; returns whether there is some.
    pub(super) fn room(&self, patience: Duration) -> bool {
        let mut state = self.state();
        self.room.wait_while_for(&mut state, |state| state.full && !state.closed, patience);
        !state.full
    }
}

impl InboxState {
    fn take(&mut self) -> Option<Result<ConsumerEvent, BusError>> {
        if let Some(change) = self.changes.pop_front() {
            return Some(Ok(change));
        }
        if let Some(fault) = self.fault.take() {
            return Some(Err(fault));
        }
        if self.closed {
            return Some(Err(BusError::Closed("the Kafka consumer has ended".to_owned())));
        }
        let record = self.records.pop_front()?;
        self.load.records -= 1;
        self.load.bytes -= record.footprint();
        self.ledger.deliver(&record.at, record.offset);
        Some(Ok(ConsumerEvent::Record(record)))
    }

    fn push(&mut self, record: Record) {
        if !self.ledger.owns(&record.at) {
            return;
        }
        if let Some(aside) = self.paused.get_mut(&record.at) {
            aside.push_back(record);
            return;
        }
        self.load.records += 1;
        self.load.bytes += record.footprint();
        self.records.push_back(record);
        self.full |= self.load.reaches(FULL);
    }

    /// Sets the records of these partitions aside; returns those assigned to this consumer.
    pub(super) fn pause(&mut self, partitions: &[TopicPartition]) -> Vec<TopicPartition> {
        let ours: Vec<_> = partitions.iter().filter(|at| self.ledger.owns(at)).cloned().collect();
        for at in &ours {
            self.paused.entry(at.clone()).or_default();
        }
        for record in std::mem::take(&mut self.records) {
            match self.paused.get_mut(&record.at) {
                Some(aside) => aside.push_back(record),
                None => self.records.push_back(record),
            }
        }
        self.weigh();
        ours
    }

    /// Queues the records of these partitions again, in order; returns those that were paused.
    pub(super) fn resume(&mut self, partitions: &[TopicPartition]) -> Vec<TopicPartition> {
        let mut resumed = Vec::new();
        for at in partitions {
            let Some(aside) = self.paused.remove(at) else { continue };
            for record in aside.into_iter().rev() {
                self.records.push_front(record);
            }
            resumed.push(at.clone());
        }
        self.weigh();
        resumed
    }

    fn forget(&mut self, partitions: &[TopicPartition]) {
        self.records.retain(|record| !partitions.contains(&record.at));
        for at in partitions {
            self.paused.remove(at);
        }
        self.weigh();
    }

    fn weigh(&mut self) {
        self.load = QueueSize { records: self.records.len(), bytes: self.records.iter().map(Record::footprint).sum() };
        self.full = self.load.reaches(FULL) || (self.full && !self.load.is_within(ROOM));
    }

    /// Assigned partitions that the consumer has not paused.
    pub(super) fn flowing(&self) -> Vec<TopicPartition> {
        self.ledger.owned().filter(|at| !self.paused.contains_key(*at)).cloned().collect()
    }

    pub(super) fn is_full(&self) -> bool {
        self.full
    }
}

#[cfg(test)]
mod tests;
