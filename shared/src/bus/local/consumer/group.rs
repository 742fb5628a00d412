//! A consumer's membership in its group: what the group's assignments mean for it.

use super::super::{
    OpenBus, membership,
    membership::{Lease, MemberKey, PartitionAssignment},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

/// Dropping it leaves the group.
#[derive(Debug)]
pub(super) struct GroupMembership {
    pub(super) member: MemberKey,
    /// The last generation seen.
    pub(super) generation: i64,
    /// Start positions of partitions on which the group has no cursor.
    pub(super) began: Arc<BTreeMap<i64, i64>>,
    /// Partitions meant for this member that another still holds, and since when.
    awaited: HashMap<i64, (Lease, Instant)>,
    bus: Arc<OpenBus>,
    pub(super) left: bool,
}

/// The consequences of new assignments.
#[derive(Debug, Default)]
pub(super) struct AssignmentChanges {
    pub(super) lost: Vec<i64>,
    /// Meant for another member.
    pub(super) leaving: Vec<i64>,
    /// Free and meant for this member.
    pub(super) free: Vec<Lease>,
}

impl GroupMembership {
    pub(super) fn new(bus: Arc<OpenBus>, member: MemberKey) -> Self {
        let (began, awaited) = (Arc::default(), HashMap::new());
        Self { member, generation: 0, began, awaited, bus, left: false }
    }

    /// Compares new assignments with the leases held.
    pub(super) fn read(
        &mut self,
        generation: i64,
        assignments: &[PartitionAssignment],
        held: &[Lease],
        now: Instant,
    ) -> AssignmentChanges {
        self.generation = generation;
        let me = Some(self.member.id.as_str());
        let mut changes = AssignmentChanges::default();
        for lease in held {
            let mine =
                |assignment: &&PartitionAssignment| assignment.lease == *lease && assignment.owner.as_deref() == me;
            match assignments.iter().find(mine) {
                None => changes.lost.push(lease.partition),
                Some(assignment) if assignment.target.as_deref() != me => changes.leaving.push(lease.partition),
                Some(_) => {}
            }
        }
        let mut awaited = HashMap::new();
        for assignment in assignments.iter().filter(|assignment| assignment.target.as_deref() == me) {
            match assignment.owner.as_deref() {
                None => changes.free.push(assignment.lease),
                // Its own, possibly from an earlier lease that it has not released yet.
                owner if owner == me => {}
                Some(_) => {
                    let before =
                        self.awaited.get(&assignment.lease.partition).filter(|(lease, _)| *lease == assignment.lease);
                    let since = before.map_or(now, |(_, since)| *since);
                    awaited.insert(assignment.lease.partition, (assignment.lease, since));
                }
            }
        }
        self.awaited = awaited;
        changes
    }

    /// Partitions whose owner did not hand over in time.
    pub(super) fn overdue(&mut self, patience: Duration, now: Instant) -> Vec<Lease> {
        let late = |(lease, since): &(Lease, Instant)| (now.duration_since(*since) >= patience).then_some(*lease);
        let overdue: Vec<_> = self.awaited.values().filter_map(late).collect();
        self.awaited.retain(|_, (lease, _)| !overdue.contains(lease));
        overdue
    }
}

impl Drop for GroupMembership {
    fn drop(&mut self) {
        if !self.left {
            // Not awaited: if the process ends first, others find the member dead.
            let member = self.member.clone();
            drop(self.bus.writer.submit(move |connection| membership::leave(connection, &member)));
        }
    }
}
