//! Lanes: records that must keep their order stand in one queue; each queue is worked on by at most one
//! task; different queues by many.

use super::{acks::Assignment, handler::Failure};
use crate::bus::{Record, TopicPartition};
use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::Arc,
};

/// Which queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum LaneKey {
    /// As the handler says.
    Handler(Vec<u8>),
    /// For records of a partition that cannot be read: they wait for nothing but the dead-letter topic,
    /// and nothing but other such records waits for them.
    Unreadable(TopicPartition),
}

/// A record with what the handler made of it.
#[derive(Debug)]
pub(super) struct QueuedRecord<T> {
    pub(super) record: Record,
    pub(super) item: Result<T, Failure>,
    pub(super) assignment: Arc<Assignment>,
}

/// What one task takes from one lane at once.
#[derive(Debug)]
pub(super) struct Batch<T> {
    pub(super) lane: LaneKey,
    pub(super) assignment: Arc<Assignment>,
    pub(super) work: BatchWork<T>,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum BatchWork<T> {
    /// These items, each with the record it was read from, in order.
    Handle(Vec<T>, Vec<Record>),
    /// This record cannot be read.
    DeadLetter(Record, Failure),
}

#[derive(Debug)]
struct Lane<T> {
    queue: VecDeque<QueuedRecord<T>>,
    /// Whose records a task is working on.
    busy: Option<Arc<Assignment>>,
}

/// All lanes that have something to do.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    lanes: HashMap<LaneKey, Lane<T>>,
    /// Lanes with work and without a task, in the order in which they became so.
    ready: VecDeque<LaneKey>,
}

impl<T> Lanes<T> {
    pub(super) fn new() -> Self {
        Self { lanes: HashMap::new(), ready: VecDeque::new() }
    }

    /// Adds a queued at the end of its lane.
    pub(super) fn push(&mut self, key: LaneKey, queued: QueuedRecord<T>) {
        match self.lanes.entry(key) {
            Entry::Occupied(mut lane) => lane.get_mut().queue.push_back(queued),
            Entry::Vacant(vacant) => {
                self.ready.push_back(vacant.key().clone());
                vacant.insert(Lane { queue: VecDeque::from([queued]), busy: None });
            }
        }
    }

    /// Whether a task could begin.
    pub(super) fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes up to `most` records from the lane that has waited longest; all of one assignment.
    pub(super) fn next_batch(&mut self, most: usize) -> Option<Batch<T>> {
        let key = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(&key)?;
        let first = lane.queue.pop_front()?;
        let assignment = first.assignment.clone();
        lane.busy = Some(assignment.clone());
        let work = match first.item {
            Err(failure) => BatchWork::DeadLetter(first.record, failure),
            Ok(item) => {
                let (mut items, mut records) = (vec![item], vec![first.record]);
                while items.len() < most {
                    let fits = |queued: &mut QueuedRecord<T>| {
                        Arc::ptr_eq(&queued.assignment, &assignment) && queued.item.is_ok()
                    };
                    let Some(queued) = lane.queue.pop_front_if(fits) else { break };
                    items.extend(queued.item);
                    records.push(queued.record);
                }
                BatchWork::Handle(items, records)
            }
        };
        Some(Batch { lane: key, assignment, work })
    }

    /// The task of this lane has ended.
    pub(super) fn finished(&mut self, key: LaneKey) {
        if let Entry::Occupied(mut lane) = self.lanes.entry(key) {
            lane.get_mut().busy = None;
            if lane.get().queue.is_empty() {
                lane.remove();
            } else {
                self.ready.push_back(lane.key().clone());
            }
        }
    }

    /// Forgets what has not begun of assignments that are being given up.
    pub(super) fn drop_stopped(&mut self) {
        self.lanes.retain(|_, lane| {
            lane.queue.retain(|queued| !queued.assignment.stop.is_cancelled());
            lane.busy.is_some() || !lane.queue.is_empty()
        });
        self.ready.retain(|key| self.lanes.contains_key(key));
    }

    /// Whether a task is working on records of this partition.
    pub(super) fn busy_on(&self, at: &TopicPartition) -> bool {
        self.lanes.values().any(|lane| lane.busy.as_ref().is_some_and(|assignment| assignment.at == *at))
    }
}
