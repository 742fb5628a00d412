//! A consumer's place in its group: what the group's seats mean for it.

use super::super::{
    Inner, membership,
    membership::{Member, Seat, Tenure},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

/// The place. Dropping it leaves the group.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) member: Member,
    /// The generation of the group that is known.
    pub(super) generation: i64,
    /// Where the group begins on partitions where it has no place yet.
    pub(super) began: Arc<BTreeMap<i64, i64>>,
    /// Partitions that are meant for this member while another still has them, and since when.
    awaited: HashMap<i64, (Tenure, Instant)>,
    bus: Arc<Inner>,
    pub(super) left: bool,
}

/// What is to be done after a look at the seats.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// Taken away already.
    pub(super) lost: Vec<i64>,
    /// Meant for another from now on.
    pub(super) leaving: Vec<i64>,
    /// Free, and meant for this member.
    pub(super) free: Vec<Tenure>,
}

impl Place {
    /// A place for a member that is about to join.
    pub(super) fn new(bus: Arc<Inner>, member: Member) -> Self {
        let (began, awaited) = (Arc::default(), HashMap::new());
        Self { member, generation: 0, began, awaited, bus, left: false }
    }

    /// What new seats mean for a member that holds these.
    pub(super) fn read(&mut self, generation: i64, seats: &[Seat], held: &[Tenure], now: Instant) -> Moves {
        self.generation = generation;
        let me = Some(self.member.id.as_str());
        let mut moves = Moves::default();
        for tenure in held {
            let mine = |seat: &&Seat| seat.tenure == *tenure && seat.owner.as_deref() == me;
            match seats.iter().find(mine) {
                None => moves.lost.push(tenure.partition),
                Some(seat) if seat.target.as_deref() != me => moves.leaving.push(tenure.partition),
                Some(_) => {}
            }
        }
        let mut awaited = HashMap::new();
        for seat in seats.iter().filter(|seat| seat.target.as_deref() == me) {
            match seat.owner.as_deref() {
                None => moves.free.push(seat.tenure),
                // Its own, or its own of an earlier life that it has not given up yet.
                owner if owner == me => {}
                Some(_) => {
                    let before = self.awaited.get(&seat.tenure.partition).filter(|(tenure, _)| *tenure == seat.tenure);
                    let since = before.map_or(now, |(_, since)| *since);
                    awaited.insert(seat.tenure.partition, (seat.tenure, since));
                }
            }
        }
        self.awaited = awaited;
        moves
    }

    /// Partitions whose owner has let the time for handing over run out.
    pub(super) fn overdue(&mut self, patience: Duration, now: Instant) -> Vec<Tenure> {
        let late = |(tenure, since): &(Tenure, Instant)| (now.duration_since(*since) >= patience).then_some(*tenure);
        let overdue: Vec<_> = self.awaited.values().filter_map(late).collect();
        self.awaited.retain(|_, (tenure, _)| !overdue.contains(tenure));
        overdue
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.left {
            // Nobody waits for it; if the process ends first, others find it dead.
            let member = self.member.clone();
            drop(self.bus.writer.submit(move |connection| membership::leave(connection, &member)));
        }
    }
}
