//! A consumer: it polls the file after changes, reads ahead and follows its group. It runs one operation at a time and
//! keeps it across calls, so that `next` is cancel safe.

mod group;
mod partitions;
mod subscribe;

pub(super) use subscribe::subscribe;

use super::{
    OpenBus, membership,
    membership::{AcquiredLease, Lease},
    poll::{self, PollRequest, PollResult},
    writer::{Reply, received},
};
use crate::bus::{BusError, Consumer, ConsumerEvent, NextOffset, Revocation, TopicPartition};
use async_trait::async_trait;
use group::GroupMembership;
use partitions::PartitionStates;
use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::sync::{oneshot, watch};

/// Minimum time between two polls while records flow.
const POLL_EVERY: Duration = Duration::from_millis(25);
/// Time between two polls without a notification.
const IDLE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct LocalConsumer {
    bus: Arc<OpenBus>,
    changes: watch::Receiver<u64>,
    topics: Vec<(i64, String)>,
    names: BTreeMap<i64, TopicPartition>,
    place: Option<GroupMembership>,
    held: PartitionStates,
    /// Delivered before any record.
    events: VecDeque<ConsumerEvent>,
    /// Revocations that the caller still holds.
    handovers: Vec<Handover>,
    /// Released by the caller, not yet in the file.
    given: Vec<Lease>,
    /// Free or overdue, and meant for this member.
    wanted: Vec<Lease>,
    under_way: Option<Reply<Completed>>,
    /// Whether anything may have changed since the last poll.
    stale: bool,
    polled_at: Instant,
    ended: Option<EndReason>,
}

#[derive(Debug)]
struct Handover {
    partitions: Vec<Lease>,
    done: oneshot::Receiver<()>,
}

#[derive(Debug)]
enum Completed {
    Polled(PollResult),
    Acquired(Vec<AcquiredLease>),
    Released(Vec<Lease>),
}

#[derive(Debug)]
enum EndReason {
    TopicGone(String),
    Expelled,
}

impl LocalConsumer {
    fn new(
        bus: Arc<OpenBus>,
        changes: watch::Receiver<u64>,
        topics: Vec<(i64, String)>,
        place: Option<GroupMembership>,
    ) -> Self {
        bus.watch.listen(true);
        Self {
            bus,
            changes,
            topics,
            names: BTreeMap::new(),
            place,
            held: PartitionStates::default(),
            events: VecDeque::new(),
            handovers: Vec::new(),
            given: Vec::new(),
            wanted: Vec::new(),
            under_way: None,
            stale: true,
            polled_at: Instant::now(),
            ended: None,
        }
    }

    /// Collects finished operations and handovers without waiting.
    fn catch_up(&mut self) -> Result<(), BusError> {
        let answer = self.under_way.as_mut().map(oneshot::Receiver::try_recv);
        match answer {
            None | Some(Err(oneshot::error::TryRecvError::Empty)) => {}
            Some(Err(oneshot::error::TryRecvError::Closed)) => {
                self.under_way = None;
                return Err(BusError::Closed("the local bus has ended".to_owned()));
            }
            Some(Ok(outcome)) => self.apply(outcome)?,
        }
        for handover in std::mem::take(&mut self.handovers) {
            let mut handover = handover;
            match handover.done.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => self.handovers.push(handover),
                Ok(()) | Err(oneshot::error::TryRecvError::Closed) => self.given.extend(handover.partitions),
            }
        }
        Ok(())
    }

    fn apply(&mut self, outcome: Result<Completed, BusError>) -> Result<(), BusError> {
        self.under_way = None;
        // The next poll shows what remains to be done.
        let outcome = outcome.inspect_err(|_| self.stale = true)?;
        match outcome {
            Completed::Polled(seen) => self.see(seen),
            Completed::Acquired(taken) => self.take_on(taken),
            Completed::Released(leases) => {
                self.given.retain(|given| !leases.contains(given));
                leases.iter().for_each(|lease| drop(self.held.remove(lease.partition)));
                self.stale = true;
            }
        }
        Ok(())
    }

    fn see(&mut self, seen: PollResult) {
        let end = seen.gone.map(EndReason::TopicGone).or(seen.expelled.then_some(EndReason::Expelled));
        if let Some(end) = end {
            let all = self.held.leases().iter().map(|lease| lease.partition).collect();
            self.lose(all);
            self.ended = Some(end);
            return;
        }
        if let (Some((generation, assignments)), Some(place)) = (seen.assignments, &mut self.place) {
            let changes = place.read(generation, &assignments, &self.held.leases(), Instant::now());
            self.wanted = changes.free;
            self.lose(changes.lost);
            self.give_up(&changes.leaving);
        }
        seen.found.into_iter().for_each(|found| self.held.put(found));
    }

    fn take_on(&mut self, taken: Vec<AcquiredLease>) {
        let mut assigned = Vec::new();
        for taken in taken {
            if let Some(at) = self.names.get(&taken.lease.partition) {
                assigned.push(at.clone());
                self.held.add(at.clone(), taken);
            }
        }
        if !assigned.is_empty() {
            self.events.push_back(ConsumerEvent::Assigned(assigned));
        }
        self.stale = true;
    }

    /// Removes partitions that are already gone.
    fn lose(&mut self, lost: Vec<i64>) {
        for handover in &mut self.handovers {
            handover.partitions.retain(|lease| !lost.contains(&lease.partition));
        }
        self.given.retain(|lease| !lost.contains(&lease.partition));
        let partitions: Vec<_> = lost.into_iter().filter_map(|partition| self.held.remove(partition)).collect();
        if !partitions.is_empty() {
            self.events.push_back(ConsumerEvent::Revoked(Revocation { partitions, lost: true, done: None }));
        }
    }

    /// Revokes partitions that are meant for another member.
    fn give_up(&mut self, leaving: &[i64]) {
        let leases = self.held.leases();
        let named: Vec<_> = leases
            .into_iter()
            .filter(|lease| leaving.contains(&lease.partition))
            .filter_map(|lease| Some((lease, self.held.leave(lease.partition)?)))
            .collect();
        let (leases, partitions): (Vec<_>, Vec<_>) = named.into_iter().unzip();
        if partitions.is_empty() {
            return;
        }
        let (done, drained) = oneshot::channel();
        self.handovers.push(Handover { partitions: leases, done: drained });
        self.events.push_back(ConsumerEvent::Revoked(Revocation { partitions, lost: false, done: Some(done) }));
    }

    /// Starts the most urgent operation unless one is running.
    fn begin(&mut self) {
        if self.under_way.is_some() || self.ended.is_some() {
            return;
        }
        if let Some(place) = &mut self.place {
            if !self.given.is_empty() {
                let (member, given) = (place.member.clone(), self.given.clone());
                let done = self.held.uncommitted(|partition| given.iter().any(|given| given.partition == partition));
                self.under_way = Some(self.bus.writer.submit(move |connection| {
                    membership::commit(connection, &member, &done)?;
                    membership::release(connection, &member, &given)?;
                    Ok(Completed::Released(given))
                }));
                return;
            }
            self.wanted.extend(place.overdue(self.bus.patience, Instant::now()));
            if !self.wanted.is_empty() {
                let (member, began) = (place.member.clone(), place.began.clone());
                let wanted = std::mem::take(&mut self.wanted);
                // A stale request acquires nothing; the next poll corrects it.
                place.generation = 0;
                self.under_way = Some(self.bus.writer.submit(move |connection| {
                    membership::take(connection, &member, &wanted, &began).map(Completed::Acquired)
                }));
                return;
            }
        }
        let changed = self.polled_at.elapsed() >= POLL_EVERY && self.changes.has_changed().unwrap_or(true);
        if self.stale || changed || self.held.hungry() {
            self.start_poll();
        }
    }

    fn start_poll(&mut self) {
        // Before the poll, so that commits made during it cause another.
        self.changes.mark_unchanged();
        self.stale = false;
        self.polled_at = Instant::now();
        let request = PollRequest {
            topics: self.topics.clone(),
            member: self.place.as_ref().map(|place| (place.member.clone(), place.generation)),
            wants: self.held.wants(),
        };
        self.under_way =
            Some(self.bus.reader.submit(move |connection| poll::poll(connection, &request).map(Completed::Polled)));
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) -> Result<(), BusError> {
        if let Some(answer) = &mut self.under_way {
            let outcome = received(answer.await);
            return self.apply(outcome);
        }
        let pause = self.bus.patience.min(IDLE);
        tokio::select! {
            changed = self.changes.changed() => {
                changed.map_err(|_| BusError::Closed("the local bus has ended".to_owned()))?;
                self.stale = true;
            }
            index = next_drained(&mut self.handovers) => {
                let handover = self.handovers.swap_remove(index);
                self.given.extend(handover.partitions);
            }
            () = tokio::time::sleep(pause) => self.stale = true,
        }
        Ok(())
    }
}

/// Waits until the caller drops a revocation; returns its index.
async fn next_drained(handovers: &mut [Handover]) -> usize {
    let poll = |context: &mut Context<'_>| {
        let done = handovers.iter_mut().position(|handover| Pin::new(&mut handover.done).poll(context).is_ready());
        done.map_or(Poll::Pending, Poll::Ready)
    };
    std::future::poll_fn(poll).await
}

#[async_trait]
impl Consumer for LocalConsumer {
    async fn next(&mut self) -> Result<ConsumerEvent, BusError> {
        loop {
            self.catch_up()?;
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            match &self.ended {
                Some(EndReason::TopicGone(topic)) => return Err(BusError::UnknownTopic(topic.clone())),
                Some(EndReason::Expelled) => return Err(BusError::Closed("the group removed it".to_owned())),
                None => {}
            }
            self.begin();
            if let Some(record) = self.held.pop() {
                return Ok(ConsumerEvent::Record(record));
            }
            self.wait().await?;
        }
    }

    fn store(&mut self, offsets: &[NextOffset]) -> Result<(), BusError> {
        self.held.store(offsets);
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        let Some(place) = &self.place else { return Ok(()) };
        let news = self.held.uncommitted(|_| true);
        if news.is_empty() {
            return Ok(());
        }
        let (member, offsets) = (place.member.clone(), news.clone());
        self.bus.writer.write(move |connection| membership::commit(connection, &member, &offsets)).await?;
        self.held.committed(&news);
        Ok(())
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError> {
        self.held.pause(partitions, true);
        Ok(())
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError> {
        self.held.pause(partitions, false);
        self.stale = true;
        Ok(())
    }

    async fn close(mut self: Box<Self>) -> Result<(), BusError> {
        let news = self.held.uncommitted(|_| true);
        let Some(place) = &mut self.place else { return Ok(()) };
        let member = place.member.clone();
        let closing = self.bus.writer.submit(move |connection| {
            membership::commit(connection, &member, &news)?;
            membership::leave(connection, &member)
        });
        place.left = true;
        let closed = received(closing.await);
        // On failure, dropping this tries once more.
        place.left = closed.is_ok();
        closed
    }
}

impl Drop for LocalConsumer {
    fn drop(&mut self) {
        self.bus.watch.listen(false);
    }
}
