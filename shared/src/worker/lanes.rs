//! Lanes: queues of records that must keep their order. At most one task works on a lane; lanes run concurrently.

use super::{acks::Assignment, handler::Failure};
use crate::bus::{Record, TopicPartition};
use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::Arc,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum LaneKey {
    Handler(Vec<u8>),
    /// Unreadable records of a partition. They wait only for the dead-letter topic, and only each other.
    Unreadable(TopicPartition),
}

/// A record and its decoded item.
#[derive(Debug)]
pub(super) struct QueuedRecord<T> {
    pub(super) record: Record,
    pub(super) item: Result<T, Failure>,
    pub(super) assignment: Arc<Assignment>,
}

/// What a task takes from a lane at once.
#[derive(Debug)]
pub(super) struct Batch<T> {
    pub(super) lane: LaneKey,
    pub(super) assignment: Arc<Assignment>,
    pub(super) work: BatchWork<T>,
}

#[derive(Debug)]
pub(super) enum BatchWork<T> {
    /// Items and their records, in order.
    Handle(Vec<T>, Vec<Record>),
    /// A record that cannot be decoded.
    DeadLetter(Record, Failure),
}

#[derive(Debug)]
struct Lane<T> {
    queue: VecDeque<QueuedRecord<T>>,
    /// The assignment of the records in work.
    busy: Option<Arc<Assignment>>,
}

/// Lanes that have work.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    lanes: HashMap<LaneKey, Lane<T>>,
    /// Lanes with work and without a task, longest waiting first.
    ready: VecDeque<LaneKey>,
}

impl<T> Lanes<T> {
    pub(super) fn new() -> Self {
        Self { lanes: HashMap::new(), ready: VecDeque::new() }
    }

    /// Adds a record at the end of its lane.
    pub(super) fn push(&mut self, key: LaneKey, queued: QueuedRecord<T>) {
        match self.lanes.entry(key) {
            Entry::Occupied(mut lane) => lane.get_mut().queue.push_back(queued),
            Entry::Vacant(vacant) => {
                self.ready.push_back(vacant.key().clone());
                vacant.insert(Lane { queue: VecDeque::from([queued]), busy: None });
            }
        }
    }

    pub(super) fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes up to `most` records of one assignment from the lane that has waited longest.
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

    /// Releases a lane after its task.
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

    /// Drops the queued records of assignments that are being revoked.
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
