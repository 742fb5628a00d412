//! The worker's state and its transitions.

use super::{
    Handler, WorkerPolicy,
    acks::{Acks, InFlight},
    context::{BatchOutcome, WorkerContext, panicked},
    dead_letter::DeadLetterWriter,
    drain::Drains,
    flow::Flow,
    lanes::{LaneKey, Lanes, QueuedRecord},
    meters,
    resilient_consumer::ResilientConsumer,
};
use crate::{
    bus::{Bus, ConsumerEvent, Record, Revocation},
    resilience::{Breaker, BreakerPolicy},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Time limit of a commit or of leaving the group.
const BUS_PATIENCE: Duration = Duration::from_secs(5);

/// The state between two events of the loop.
pub(super) struct WorkerState<H: Handler> {
    context: Arc<WorkerContext<H>>,
    pub(super) lanes: Lanes<H::Item>,
    pub(super) running: JoinSet<BatchOutcome>,
    topics: Vec<String>,
    acks: Acks,
    flow: Flow,
    drains: Drains,
    /// Cancelled when the worker ends; the parent of every assignment's token.
    stop: CancellationToken,
    /// Whether stored offsets are not committed yet.
    uncommitted: bool,
}

impl<H: Handler> WorkerState<H> {
    pub(super) fn new(
        bus: Arc<dyn Bus>,
        topics: Vec<String>,
        handler: H,
        policy: WorkerPolicy,
        slots: Arc<Semaphore>,
    ) -> Self {
        let (first_delay, longest_delay) = (policy.retry_delay, policy.longest_delay);
        let breaker = Breaker::new(&policy.name, BreakerPolicy { failures: 1, first_delay, longest_delay });
        let dead_letters = DeadLetterWriter { bus, service: policy.name.clone(), first_delay, longest_delay };
        let flow = Flow::new(InFlight { records: policy.max_in_flight, bytes: policy.max_bytes_in_flight });
        Self {
            context: Arc::new(WorkerContext { handler, policy, breaker, slots, dead_letters }),
            lanes: Lanes::new(),
            running: JoinSet::new(),
            topics,
            acks: Acks::default(),
            flow,
            drains: Drains::default(),
            stop: CancellationToken::new(),
            uncommitted: false,
        }
    }

    pub(super) fn handle(&mut self, event: ConsumerEvent) {
        match event {
            ConsumerEvent::Record(record) => self.receive(record),
            ConsumerEvent::Assigned(partitions) => {
                tracing::info!(?partitions, "assigned");
                for at in &partitions {
                    self.acks.forget(at);
                    self.flow.forget(at);
                }
                self.lanes.drop_stopped();
            }
            ConsumerEvent::Revoked(revocation) => self.revoke(revocation),
        }
    }

    fn receive(&mut self, record: Record) {
        let Some(assignment) = self.acks.receive(&record.at, record.offset, record.footprint(), &self.stop) else {
            return;
        };
        meters::consumed(&record.at.topic);
        let handler = &self.context.handler;
        let reading = AssertUnwindSafe(|| handler.decode(&record).map(|item| (handler.lane(&record, &item), item)));
        let (lane, item) = match catch_unwind(reading).unwrap_or_else(|panic| Err(panicked(&*panic))) {
            Ok((lane, item)) => (LaneKey::Handler(lane), Ok(item)),
            Err(failure) => (LaneKey::Unreadable(record.at.clone()), Err(failure)),
        };
        self.lanes.push(lane, QueuedRecord { record, item, assignment });
    }

    fn revoke(&mut self, revocation: Revocation) {
        tracing::info!(partitions = ?revocation.partitions, lost = revocation.lost, "revoked");
        for at in &revocation.partitions {
            self.acks.stop(at);
            self.flow.forget(at);
            if revocation.lost {
                self.acks.forget(at);
            }
        }
        self.lanes.drop_stopped();
        if !revocation.lost {
            self.drains.begin(revocation, self.context.policy.drain_deadline);
        }
    }

    /// The consumer is gone, and all partitions with it.
    pub(super) fn lose_everything(&mut self) {
        self.acks.forget_all();
        self.flow.forget_all();
        self.lanes.drop_stopped();
        self.drains = Drains::default();
        self.uncommitted = false;
    }

    pub(super) fn start(&mut self, slot: OwnedSemaphorePermit) {
        if let Some(batch) = self.lanes.next_batch(self.context.policy.batch.max(1)) {
            self.running.spawn(self.context.clone().settle(batch, slot));
        }
    }

    pub(super) fn settled(&mut self, settled: BatchOutcome) {
        for offset in settled.done {
            if !self.acks.complete(&settled.assignment, offset) {
                tracing::debug!(partition = %settled.assignment.at, offset, "finished after the partition was revoked");
            }
        }
        self.lanes.finished(settled.lane);
    }

    /// Releases revoked partitions that are idle, after committing what is done.
    pub(super) async fn settle_revocations(&mut self, consumer: &mut ResilientConsumer) {
        let revocations = self.drains.take_settled(&self.lanes);
        if revocations.is_empty() {
            return;
        }
        self.commit(consumer).await;
        for revocation in revocations {
            revocation.partitions.iter().for_each(|at| self.acks.forget(at));
            drop(revocation);
        }
    }

    /// Waits for the next revocation's deadline.
    pub(super) fn next_deadline(&self) -> impl Future<Output = ()> + use<H> {
        self.drains.next_deadline()
    }

    /// Pauses partitions with too much in flight and resumes those that have caught up.
    pub(super) fn regulate(&mut self, consumer: &mut ResilientConsumer) {
        self.flow.regulate(&self.acks, &mut *consumer.inner);
    }

    /// Stores and commits what is done; failures are retried at the next call.
    pub(super) async fn commit(&mut self, consumer: &mut ResilientConsumer) {
        self.show_in_flight();
        let offsets = self.acks.to_store();
        if !offsets.is_empty() {
            match consumer.inner.store(&offsets) {
                Ok(()) => {
                    self.acks.stored(&offsets);
                    self.uncommitted = true;
                }
                Err(error) => tracing::warn!(%error, "failed to store offsets"),
            }
        }
        if self.uncommitted {
            match timeout(BUS_PATIENCE, consumer.inner.commit()).await {
                Ok(Ok(())) => self.uncommitted = false,
                Ok(Err(error)) => tracing::warn!(%error, "failed to commit, retrying"),
                Err(_) => tracing::warn!(patience = ?BUS_PATIENCE, "commit timed out, retrying"),
            }
        }
    }

    fn show_in_flight(&self) {
        for topic in &self.topics {
            let of_topic = self.acks.in_flight().filter(|(at, _)| *at.topic == **topic);
            meters::in_flight(topic, of_topic.map(|(_, load)| load.records).sum());
        }
    }

    /// Shuts down: ends waits at once, lets running calls finish within the deadline, commits and leaves the group.
    pub(super) async fn finish(mut self, mut consumer: ResilientConsumer) {
        self.stop.cancel();
        self.lanes.drop_stopped();
        let patience = self.context.policy.drain_deadline;
        let draining = async {
            while let Some(result) = self.running.join_next().await {
                match result {
                    Ok(settled) => self.settled(settled),
                    Err(error) => tracing::error!(%error, "a lane ended without a result"),
                }
            }
        };
        if timeout(patience, draining).await.is_err() {
            tracing::warn!(?patience, "ending before all work is done; it will be delivered again");
        }
        self.commit(&mut consumer).await;
        drop(self);
        match timeout(BUS_PATIENCE, consumer.inner.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "failed to leave the group"),
            Err(_) => tracing::warn!(patience = ?BUS_PATIENCE, "leaving the group timed out"),
        }
    }
}
