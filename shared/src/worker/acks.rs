//! Acknowledgements: which records are done, and so how far each partition may be committed. A commit never passes a
//! record in flight.
//!
//! Every assignment of a partition is a generation. A record that finishes after its assignment has ended does not
//! count; the partition's new owner handles it again.

use crate::bus::{NextOffset, TopicPartition};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// A partition of this worker, from assignment to revocation.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) at: TopicPartition,
    generation: u64,
    /// Cancelled when the partition takes no new work and its waits must end.
    pub(super) stop: CancellationToken,
}

#[derive(Debug)]
struct Partition {
    assignment: Arc<Assignment>,
    /// Delivered and not done, with sizes in bytes.
    pending: BTreeMap<i64, usize>,
    /// The sum of the sizes.
    bytes: usize,
    /// The offset after the newest delivered record.
    next: i64,
    /// The offset last stored in the consumer; at first that of the first delivery.
    stored: i64,
}

impl Partition {
    fn done_up_to(&self) -> i64 {
        self.pending.first_key_value().map_or(self.next, |(offset, _)| *offset)
    }

    fn load(&self) -> InFlight {
        InFlight { records: self.pending.len(), bytes: self.bytes }
    }
}

/// Records of a partition in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InFlight {
    pub(super) records: usize,
    /// Keys, values and headers, with overhead.
    pub(super) bytes: usize,
}

/// The acknowledgements of all assigned partitions.
#[derive(Debug, Default)]
pub(super) struct Acks {
    partitions: HashMap<TopicPartition, Partition>,
    generations: u64,
}

impl Acks {
    /// Accepts a delivered record of so many bytes; `None` when it is in flight already or its partition is being
    /// revoked. A partition's first record opens its assignment with a child of `stop`.
    pub(super) fn receive(
        &mut self,
        at: &TopicPartition,
        offset: i64,
        bytes: usize,
        stop: &CancellationToken,
    ) -> Option<Arc<Assignment>> {
        match self.partitions.get_mut(at) {
            Some(partition) if partition.assignment.stop.is_cancelled() => None,
            Some(partition) if partition.pending.contains_key(&offset) => None,
            Some(partition) if offset >= partition.next => {
                partition.pending.insert(offset, bytes);
                partition.bytes += bytes;
                partition.next = offset + 1;
                Some(partition.assignment.clone())
            }
            known => {
                if let Some(partition) = known {
                    // Offsets were reset or the topic was created again: our state is about another log.
                    tracing::warn!(partition = %at, offset, expected = partition.next, "partition offsets went back, starting over");
                }
                Some(self.open(at, offset, bytes, stop))
            }
        }
    }

    fn open(&mut self, at: &TopicPartition, offset: i64, bytes: usize, stop: &CancellationToken) -> Arc<Assignment> {
        self.forget(at);
        self.generations += 1;
        let assignment =
            Arc::new(Assignment { at: at.clone(), generation: self.generations, stop: stop.child_token() });
        let partition = Partition {
            assignment: assignment.clone(),
            pending: BTreeMap::from([(offset, bytes)]),
            bytes,
            next: offset + 1,
            stored: offset,
        };
        self.partitions.insert(at.clone(), partition);
        assignment
    }

    /// Finishes a record; false when its assignment has ended.
    pub(super) fn complete(&mut self, assignment: &Assignment, offset: i64) -> bool {
        match self.partitions.get_mut(&assignment.at) {
            Some(partition) if partition.assignment.generation == assignment.generation => {
                let Some(bytes) = partition.pending.remove(&offset) else { return false };
                partition.bytes -= bytes;
                true
            }
            _ => false,
        }
    }

    /// Offsets that may be stored and are not yet.
    pub(super) fn to_store(&self) -> Vec<NextOffset> {
        let advanced = self.partitions.iter().filter(|(_, partition)| partition.done_up_to() > partition.stored);
        advanced.map(|(at, partition)| NextOffset { at: at.clone(), offset: partition.done_up_to() }).collect()
    }

    pub(super) fn stored(&mut self, offsets: &[NextOffset]) {
        for NextOffset { at, offset } in offsets {
            if let Some(partition) = self.partitions.get_mut(at) {
                partition.stored = *offset;
            }
        }
    }

    /// Stops a partition that is being revoked: no new work, and waits end.
    pub(super) fn stop(&mut self, at: &TopicPartition) {
        if let Some(partition) = self.partitions.get(at) {
            partition.assignment.stop.cancel();
        }
    }

    /// Removes a partition that was lost or begins anew.
    pub(super) fn forget(&mut self, at: &TopicPartition) {
        self.stop(at);
        self.partitions.remove(at);
    }

    pub(super) fn forget_all(&mut self) {
        for (_, partition) in self.partitions.drain() {
            partition.assignment.stop.cancel();
        }
    }

    pub(super) fn in_flight(&self) -> impl Iterator<Item = (&TopicPartition, InFlight)> {
        self.partitions.iter().map(|(at, partition)| (at, partition.load()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at() -> TopicPartition {
        TopicPartition::new("topic", 0)
    }

    fn load(acks: &Acks) -> Vec<InFlight> {
        acks.in_flight().map(|(_, load)| load).collect()
    }

    fn stored(acks: &mut Acks) -> Vec<i64> {
        let offsets = acks.to_store();
        acks.stored(&offsets);
        offsets.into_iter().map(|next| next.offset).collect()
    }

    #[test]
    fn nothing_past_an_unfinished_record_is_stored() {
        let (mut acks, stop) = (Acks::default(), CancellationToken::new());
        let assignments: Vec<_> = (5..9).map(|offset| acks.receive(&at(), offset, 10, &stop).unwrap()).collect();
        assert_eq!(stored(&mut acks), [0; 0], "nothing is done");
        assert!(acks.complete(&assignments[0], 7));
        assert!(acks.complete(&assignments[0], 6));
        assert_eq!(stored(&mut acks), [0; 0], "5 is still under way");
        assert!(acks.complete(&assignments[0], 5));
        assert_eq!(stored(&mut acks), [8]);
        assert_eq!(stored(&mut acks), [0; 0], "said once");
        assert!(acks.complete(&assignments[0], 8));
        assert_eq!(stored(&mut acks), [9]);
    }

    #[test]
    fn a_record_under_way_is_not_begun_twice() {
        let (mut acks, stop) = (Acks::default(), CancellationToken::new());
        let assignment = acks.receive(&at(), 3, 10, &stop).unwrap();
        assert!(acks.receive(&at(), 3, 10, &stop).is_none());
        assert!(acks.complete(&assignment, 3));
        assert!(!acks.complete(&assignment, 3));
    }

    #[test]
    fn records_in_flight_are_counted_in_records_and_bytes() {
        let (mut acks, stop) = (Acks::default(), CancellationToken::new());
        let assignment = acks.receive(&at(), 3, 1_000, &stop).unwrap();
        acks.receive(&at(), 4, 20, &stop).unwrap();
        assert!(acks.receive(&at(), 4, 20, &stop).is_none(), "counted once");
        assert_eq!(load(&acks), [InFlight { records: 2, bytes: 1_020 }]);
        assert!(acks.complete(&assignment, 3) && !acks.complete(&assignment, 3));
        assert_eq!(load(&acks), [InFlight { records: 1, bytes: 20 }]);
        acks.receive(&at(), 0, 5, &stop).unwrap();
        assert_eq!(load(&acks), [InFlight { records: 1, bytes: 5 }], "another log");
    }

    #[test]
    fn completions_of_an_ended_assignment_are_ignored() {
        let (mut acks, stop) = (Acks::default(), CancellationToken::new());
        let old = acks.receive(&at(), 3, 10, &stop).unwrap();
        acks.stop(&at());
        assert!(old.stop.is_cancelled());
        assert!(acks.receive(&at(), 4, 10, &stop).is_none(), "no new work of a partition that is given up");
        acks.forget(&at());
        let new = acks.receive(&at(), 3, 10, &stop).unwrap();
        assert!(!acks.complete(&old, 3), "late");
        assert_eq!(stored(&mut acks), [0; 0]);
        assert!(acks.complete(&new, 3));
        assert_eq!(stored(&mut acks), [4]);
    }

    #[test]
    fn a_log_that_goes_back_is_followed() {
        let (mut acks, stop) = (Acks::default(), CancellationToken::new());
        let old: Vec<_> = (100..103).map(|offset| acks.receive(&at(), offset, 10, &stop).unwrap()).collect();
        let new = acks.receive(&at(), 0, 10, &stop).unwrap();
        assert!(old[0].stop.is_cancelled());
        assert!(!acks.complete(&old[0], 102));
        assert!(acks.complete(&new, 0));
        assert_eq!(stored(&mut acks), [1]);
    }

    proptest! {
        /// Whatever the gaps between offsets and the order of completions: what is stored is always the
        /// first record that is not done, it only grows, and in the end it is behind the last record.
        #[test]
        fn stores_are_contiguous(
            gaps in prop::collection::vec(1_i64..4, 1..40),
            order in prop::collection::vec(any::<prop::sample::Index>(), 40),
        ) {
            let (mut acks, stop) = (Acks::default(), CancellationToken::new());
            let mut offset = 0;
            let mut open = Vec::new();
            for gap in gaps {
                offset += gap;
                open.push((acks.receive(&at(), offset, 10, &stop).unwrap(), offset));
            }
            let mut newest = i64::MIN;
            for index in order {
                if open.is_empty() {
                    break;
                }
                let (assignment, done) = open.remove(index.index(open.len()));
                prop_assert!(acks.complete(&assignment, done));
                for next in stored(&mut acks) {
                    prop_assert!(next > newest);
                    prop_assert_eq!(next, open.iter().map(|(_, offset)| *offset).min().unwrap_or(offset + 1));
                    newest = next;
                }
            }
            prop_assert_eq!(newest, offset + 1);
        }
    }
}
