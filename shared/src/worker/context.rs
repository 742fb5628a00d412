//! What the lanes of a worker share, and the attempts of one batch until each record is handled, dead-lettered or left to
//! the partition's next owner.

use super::{
    Failure, Handler, WorkerPolicy,
    acks::Assignment,
    dead_letter::DeadLetterWriter,
    lanes::{Batch, BatchWork, LaneKey},
    meters,
};
use crate::{
    bus::Record,
    event::header,
    resilience::{Backoff, Breaker, Class},
    telemetry::trace,
};
use futures::FutureExt;
use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};
use tracing::{Span, error_span, field::Empty};

/// Shared by all lanes of a worker.
pub(super) struct WorkerContext<H> {
    pub(super) handler: H,
    pub(super) policy: WorkerPolicy,
    pub(super) breaker: Breaker,
    pub(super) slots: Arc<Semaphore>,
    pub(super) dead_letters: DeadLetterWriter,
}

/// The result of a batch.
pub(super) struct BatchOutcome {
    pub(super) lane: LaneKey,
    pub(super) assignment: Arc<Assignment>,
    /// The offsets that are done.
    pub(super) done: Vec<i64>,
}

/// Why there is no further attempt.
enum AttemptEnd {
    /// Retrying does not help.
    Failed(Failure),
    /// The partition is revoked or the worker ends.
    Stopped,
}

impl<H: Handler> WorkerContext<H> {
    /// Works on a batch until it is settled. `slot` is released while it waits.
    pub(super) async fn settle(self: Arc<Self>, batch: Batch<H::Item>, slot: OwnedSemaphorePermit) -> BatchOutcome {
        let Batch { lane, assignment, work } = batch;
        let (span, cause) = self.span(&assignment, &work);
        let working = async {
            match work {
                BatchWork::Handle(items, records) => self.handle(&items, &records, &assignment, slot).await,
                BatchWork::DeadLetter(record, failure) => {
                    drop(slot);
                    self.dead_letter(&record, &failure, 0, &assignment).await.into_iter().collect()
                }
            }
        };
        let done = trace::follow(span, cause.as_deref(), working).await;
        BatchOutcome { lane, assignment, done }
    }

    async fn handle(
        &self,
        items: &[H::Item],
        records: &[Record],
        assignment: &Assignment,
        slot: OwnedSemaphorePermit,
    ) -> Vec<i64> {
        let mut slot = Some(slot);
        let mut attempts = 0;
        match self.attempt(items, assignment, &mut attempts, &mut slot).await {
            Ok(()) => return records.iter().map(|record| record.offset).collect(),
            Err(AttemptEnd::Stopped) => return Vec::new(),
            Err(AttemptEnd::Failed(failure)) => {
                if let [record] = records {
                    drop(slot);
                    return self.dead_letter(record, &failure, attempts, assignment).await.into_iter().collect();
                }
            }
        }
        // One of them is at fault: handle each alone, in order, so that only that one is dead-lettered.
        let mut done = Vec::new();
        for (item, record) in items.iter().zip(records) {
            let mut attempts = attempts;
            let alone = std::slice::from_ref(item);
            let settled = match self.attempt(alone, assignment, &mut attempts, &mut slot).await {
                Ok(()) => Some(record.offset),
                Err(AttemptEnd::Stopped) => None,
                Err(AttemptEnd::Failed(failure)) => self.dead_letter(record, &failure, attempts, assignment).await,
            };
            match settled {
                Some(offset) => done.push(offset),
                None => break,
            }
        }
        done
    }

    async fn dead_letter(
        &self,
        record: &Record,
        failure: &Failure,
        attempts: u32,
        assignment: &Assignment,
    ) -> Option<i64> {
        let written = self.dead_letters.write(record, failure, attempts, &assignment.stop).await;
        written.then_some(record.offset)
    }

    /// Calls the handler until it succeeds or retrying does not help. Waits for the breaker and between attempts hold
    /// no slot, so that other lanes go on.
    async fn attempt(
        &self,
        items: &[H::Item],
        assignment: &Assignment,
        attempts: &mut u32,
        slot: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<(), AttemptEnd> {
        let (policy, topic) = (&self.policy, &assignment.at.topic);
        let mut delays = Backoff::new(policy.retry_delay, policy.longest_delay);
        loop {
            let pass = match self.breaker.try_ready() {
                Some(pass) => pass,
                None => {
                    slot.take();
                    assignment.stop.run_until_cancelled(self.breaker.ready()).await.ok_or(AttemptEnd::Stopped)?
                }
            };
            let held = match slot.take() {
                Some(slot) => slot,
                None => {
                    let slot = assignment.stop.run_until_cancelled(self.slots.clone().acquire_owned()).await;
                    slot.and_then(Result::ok).ok_or(AttemptEnd::Stopped)?
                }
            };
            if assignment.stop.is_cancelled() {
                return Err(AttemptEnd::Stopped);
            }
            *attempts += 1;
            let result = self.call(items, assignment).await;
            drop(held);
            let failure = match result {
                Ok(()) => {
                    pass.succeed();
                    meters::handled(topic, items.len());
                    return Ok(());
                }
                Err(failure) => failure,
            };
            match failure.class {
                Class::Permanent => return Err(AttemptEnd::Failed(failure)),
                Class::Transient if *attempts >= policy.max_attempts => return Err(AttemptEnd::Failed(failure)),
                Class::Transient => {
                    drop(pass);
                    let delay = delays.next_delay();
                    meters::retried(topic, failure.reason, items.len());
                    tracing::warn!(partition = %assignment.at, %failure, attempts, ?delay, "attempt failed, retrying");
                    assignment.stop.run_until_cancelled(sleep(delay)).await.ok_or(AttemptEnd::Stopped)?;
                }
                Class::DependencyDown => {
                    // An unavailable dependency says nothing about the record, so this attempt does not count.
                    *attempts -= 1;
                    meters::retried(topic, failure.reason, items.len());
                    tracing::warn!(partition = %assignment.at, %failure, "dependency down, waiting until it is back");
                    pass.fail();
                }
            }
        }
    }

    /// Calls the handler and measures the time. A panic is a permanent failure.
    async fn call(&self, items: &[H::Item], assignment: &Assignment) -> Result<(), Failure> {
        let started = Instant::now();
        // The future is created inside, so that a panic before its first await is caught too.
        let calling = AssertUnwindSafe(async { self.handler.handle(items).await }).catch_unwind();
        let result = calling.await;
        meters::handle_duration(&assignment.at.topic, started.elapsed());
        result.unwrap_or_else(|panic| Err(panicked(&*panic)))
    }

    /// A batch's span and the trace context of its cause, the first record's; the other records' are linked.
    fn span(&self, assignment: &Assignment, work: &BatchWork<H::Item>) -> (Span, Option<String>) {
        let (items, records) = match work {
            BatchWork::Handle(items, records) => (items.as_slice(), records.as_slice()),
            BatchWork::DeadLetter(record, _) => (&[][..], std::slice::from_ref(record)),
        };
        let query_id = match items {
            [item] => self.handler.query_id(item),
            _ => None,
        };
        // At error level, so that no filter removes the span from a line.
        let span = error_span!(
            "handle",
            topic = %assignment.at.topic,
            partition = assignment.at.partition,
            offset = records.first().map(|record| record.offset),
            records = records.len(),
            query_id,
            trace_id = Empty,
        );
        let mut causes = records.iter().filter_map(|record| record.headers.text(header::TRACEPARENT));
        let cause = causes.next().map(str::to_owned);
        trace::link(&span, causes);
        (span, cause)
    }
}

/// A handler's panic is the record's fault; the process goes on.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Failure::permanent("panic", text.unwrap_or("a panic without a message"))
}
