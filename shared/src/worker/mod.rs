//! The consumer loop that every pipeline runs in: poll → lane by key → handle → acknowledge → commit.
//!
//! Order holds within a lane and many lanes run at once; an offset is committed only when everything
//! before it on its partition is done; what cannot be handled goes to the dead-letter topic whole; a
//! dependency that is away stops its work without losing or dead-lettering any; on a rebalance and on
//! shutdown what is under way is finished within a deadline.

mod acks;
pub mod dead_letter;
mod drain;
mod flow;
mod handler;
mod intake;
mod lag;
mod lanes;
mod meters;
mod policy;
mod retry;
mod session;

use crate::{
    bus::{Bus, BusError, Subscription},
    resilience::{Class, Classify},
};
use intake::{IntakeEvent, ResilientConsumer};
use session::WorkerState;
use std::sync::Arc;
use tokio::{
    sync::Semaphore,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

pub use handler::{Failure, Handler};
pub use policy::WorkerPolicy;

/// Why a worker gave up. Everything else it lives with.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The bus says that only a person can mend it.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// A fault of the worker itself. What was under way is not committed and is delivered again.
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

/// A pipeline's consumer: what it hears, what it does with it, and how.
#[derive(Debug)]
pub struct Worker<H> {
    bus: Arc<dyn Bus>,
    subscription: Subscription,
    handler: H,
    policy: WorkerPolicy,
}

impl<H: Handler> Worker<H> {
    /// A worker that has `handler` handle what `subscription` delivers.
    pub fn new(bus: Arc<dyn Bus>, subscription: Subscription, handler: H, policy: WorkerPolicy) -> Self {
        Self { bus, subscription, handler, policy }
    }

    /// Runs until `shutdown` is cancelled; then finishes what is under way, commits, leaves the group and
    /// returns. Faults of records, of dependencies and of the bus are lived with; only a bus that somebody
    /// must mend ends it with an error.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), WorkerError> {
        let topics = self.subscription.topics.clone();
        meters::describe();
        topics.iter().for_each(|topic| meters::begin(topic));
        let _lag = lag::sample(self.bus.clone(), &self.subscription);
        let Some(mut intake) = ResilientConsumer::open(self.bus.clone(), self.subscription, &shutdown).await? else {
            return Ok(());
        };
        let mut commits = interval(self.policy.commit_interval);
        commits.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let slots = Arc::new(Semaphore::new(self.policy.concurrency.max(1)));
        let mut session = WorkerState::new(self.bus, topics, self.handler, self.policy, slots.clone());

        let outcome = loop {
            session.settle_revocations(&mut intake).await;
            session.regulate(&mut intake);
            let deadline = session.next_deadline();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break Ok(()),
                Some(settled) = session.running.join_next() => match settled {
                    Ok(settled) => session.settled(settled),
                    Err(error) => break Err(WorkerError::Lane(error.to_string())),
                },
                _ = commits.tick() => session.commit(&mut intake).await,
                Ok(slot) = slots.clone().acquire_owned(), if session.lanes.any_ready() => session.start(slot),
                () = deadline => {}
                event = intake.next() => match event {
                    Ok(IntakeEvent::Event(event)) => session.handle(event),
                    Ok(IntakeEvent::Closed) => {
                        session.lose_everything();
                        match intake.reopen(&shutdown).await {
                            Ok(true) => {}
                            Ok(false) => break Ok(()),
                            Err(error) => break Err(WorkerError::Bus(error)),
                        }
                    }
                    Err(error) => break Err(WorkerError::Bus(error)),
                },
            }
        };
        session.finish(intake).await;
        outcome
    }
}
