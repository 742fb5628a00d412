//! Between the polling thread and the task that consumes: what was heard and not yet taken.
//!
//! It is bounded, and it forgets the records of a partition the moment that partition is given up, so that
//! none of them is handed out afterwards.

use super::ledger::Ledger;
use crate::bus::{BusError, ConsumerEvent, Record, Revocation, TopicPartition};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::sync::Notify;

/// From here on the polling thread takes no more.
const FULL: QueueSize = QueueSize { records: 2048, bytes: 16 << 20 };
/// From here on it goes on again. Far apart, because pausing throws away what the library has fetched ahead.
const ROOM: QueueSize = QueueSize { records: 1024, bytes: 8 << 20 };

/// How much waits.
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

/// What was heard and not yet taken.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<InboxState>,
    news: Notify,
    room: Condvar,
}

/// The inside of an inbox.
#[derive(Debug, Default)]
pub(super) struct InboxState {
    /// Which partitions are ours and how far they are done.
    pub(super) ledger: Ledger,
    /// Comings and goings of partitions. They are heard before any record: the records of a partition that
    /// went are gone from here, and those of one that came are not here yet.
    changes: VecDeque<ConsumerEvent>,
    records: VecDeque<Record>,
    load: QueueSize,
    /// Records of partitions that the consumer has paused, kept aside.
    paused: HashMap<TopicPartition, VecDeque<Record>>,
    fault: Option<BusError>,
    full: bool,
    /// Whether the polling thread has paused every partition because this is full.
    pub(super) holding: bool,
    closed: bool,
}

impl Inbox {
    /// Looks inside. Held for a moment only.
    pub(super) fn state(&self) -> MutexGuard<'_, InboxState> {
        self.state.lock()
    }

    /// The next thing to receive. Nothing is lost when the future is dropped.
    pub(super) async fn next(&self) -> Result<ConsumerEvent, BusError> {
        loop {
            // A permit is kept for us if news comes between looking and waiting.
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

    /// Adds a record, unless its partition is not ours any more.
    pub(super) fn push(&self, record: Record) {
        self.state().push(record);
        self.news.notify_one();
    }

    /// These partitions are ours from now on.
    pub(super) fn assign(&self, partitions: Vec<TopicPartition>) {
        let mut state = self.state();
        state.ledger.assign(&partitions);
        state.changes.push_back(ConsumerEvent::Assigned(partitions));
        drop(state);
        self.news.notify_one();
    }

    /// These partitions are about to go, or are gone: forgets what was fetched of them and says so.
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

    /// Reports a fault. Only the latest that nobody has heard yet is kept.
    pub(super) fn fail(&self, fault: BusError) {
        self.state().fault = Some(fault);
        self.news.notify_one();
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.room.notify_one();
        self.news.notify_one();
    }

    /// Whether there is room for more, waiting up to `patience` for it.
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

    /// Keeps the records of these partitions aside; returns those that are ours.
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

    /// Brings the records of these partitions back; returns those that were paused.
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

    /// Forgets what was fetched of these partitions.
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

    /// The partitions that are ours and that the consumer has not paused.
    pub(super) fn flowing(&self) -> Vec<TopicPartition> {
        self.ledger.owned().filter(|at| !self.paused.contains_key(*at)).cloned().collect()
    }

    /// Whether no more records are wanted for now.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }
}

#[cfg(test)]
#[path = "inbox_tests.rs"]
mod tests;
