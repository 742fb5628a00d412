//! The worker loop of every pipeline: poll → lane by key → handle → acknowledge → commit.
//!
//! Records keep their order within a lane, and many lanes run at once. An offset is committed only when all records
//! before it on its partition are done. A record that cannot be handled is dead-lettered whole. An unavailable
//! dependency pauses its work without losing or dead-lettering any. On a rebalance and on shutdown the records in
//! flight finish within a deadline.

mod acks;
mod context;
pub mod dead_letter;
mod drain;
mod flow;
mod handler;
mod lag;
mod lanes;
mod meters;
mod policy;
mod resilient_consumer;
mod state;

use crate::{
    bus::{Bus, BusError, Subscription},
    resilience::{Class, Classify},
};
use resilient_consumer::{ReceivedEvent, ResilientConsumer};
use state::WorkerState;
use std::sync::Arc;
use tokio::{
    sync::Semaphore,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

pub use handler::{Failure, Handler};
pub use policy::WorkerPolicy;

/// Why a worker ended. It survives everything else.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The bus needs a person.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// A bug in the worker. Records in flight are not committed and are delivered again.
    #[error("a lane ended without a result: {0}")]
    Lane(String),
}

impl Classify for WorkerError {
    fn class(&self) -> Class {
        match self {
            Self::Bus(error) => error.class(),
            Self::Lane(_) => Class::Transient,
        }
    }
}

/// A pipeline's consumer: subscription, handler and policy.
#[derive(Debug)]
pub struct Worker<H> {
    bus: Arc<dyn Bus>,
    subscription: Subscription,
    handler: H,
    policy: WorkerPolicy,
}

impl<H: Handler> Worker<H> {
    /// A worker whose `handler` receives what `subscription` delivers.
    pub fn new(bus: Arc<dyn Bus>, subscription: Subscription, handler: H, policy: WorkerPolicy) -> Self {
        Self { bus, subscription, handler, policy }
    }

    /// Runs until `shutdown`, then finishes the records in flight, commits and leaves the group. Survives failures of
    /// records, dependencies and the bus; only a bus that needs a person ends it with an error.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), WorkerError> {
        let topics = self.subscription.topics.clone();
        topics.iter().for_each(|topic| meters::init_counters(topic));
        let _lag = lag::sample(self.bus.clone(), &self.subscription);
        let Some(mut consumer) = ResilientConsumer::open(self.bus.clone(), self.subscription, &shutdown).await? else {
            return Ok(());
        };
        let mut commits = interval(self.policy.commit_interval);
        commits.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let slots = Arc::new(Semaphore::new(self.policy.concurrency.max(1)));
        let mut state = WorkerState::new(self.bus, topics, self.handler, self.policy, slots.clone());

        let outcome = loop {
            state.settle_revocations(&mut consumer).await;
            state.regulate(&mut consumer);
            let deadline = state.next_deadline();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break Ok(()),
                Some(settled) = state.running.join_next() => match settled {
                    Ok(settled) => state.settled(settled),
                    Err(error) => break Err(WorkerError::Lane(error.to_string())),
                },
                _ = commits.tick() => state.commit(&mut consumer).await,
                Ok(slot) = slots.clone().acquire_owned(), if state.lanes.any_ready() => state.start(slot),
                () = deadline => {}
                event = consumer.next() => match event {
                    Ok(ReceivedEvent::Event(event)) => state.handle(event),
                    Ok(ReceivedEvent::Closed) => {
                        state.lose_everything();
                        match consumer.reopen(&shutdown).await {
                            Ok(true) => {}
                            Ok(false) => break Ok(()),
                            Err(error) => break Err(WorkerError::Bus(error)),
                        }
                    }
                    Err(error) => break Err(WorkerError::Bus(error)),
                },
            }
        };
        state.finish(consumer).await;
        outcome
    }
}
