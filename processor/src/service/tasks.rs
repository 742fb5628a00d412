//! The processor's long-running tasks: a worker per pipeline, the settings reader and the retention sweeper. Each ends
//! when its token is cancelled, and cancels the token when it fails, so that the others end in order too.

use crate::{answer::AnswerPipeline, index::IndexPipeline, retention::RetentionSweeper};
use rtfm_shared::{
    bus::{
        Bus, StartAt, Subscription,
        access::{ANSWER_GROUP, INDEX_GROUP},
        topics,
    },
    settings::Settings,
    worker::{Handler, Worker, WorkerError, WorkerPolicy},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Messages per batch: enough to fill the store's transactions and two embedding requests.
const INDEX_BATCH: usize = 200;
/// Messages of one partition in memory: the current batch and those that collect behind it.
const INDEX_IN_FLIGHT: usize = 2_000;

/// The worker that indexes messages.
pub(super) fn index_worker(bus: Arc<dyn Bus>, index: IndexPipeline) -> Worker<IndexPipeline> {
    let policy =
        WorkerPolicy { batch: INDEX_BATCH, max_in_flight: INDEX_IN_FLIGHT, ..WorkerPolicy::named("rtfm/index") };
    Worker::new(bus, subscription(topics::MESSAGES, INDEX_GROUP), index, policy)
}

/// The worker that answers questions, `concurrency` of them at once.
pub(super) fn answer_worker(bus: Arc<dyn Bus>, answer: AnswerPipeline, concurrency: usize) -> Worker<AnswerPipeline> {
    let policy = WorkerPolicy { concurrency, max_in_flight: concurrency, ..WorkerPolicy::named("rtfm/answer") };
    Worker::new(bus, subscription(topics::QUERIES, ANSWER_GROUP), answer, policy)
}

fn subscription(topic: &str, group: &str) -> Subscription {
    Subscription { topics: vec![topic.to_owned()], group: Some(group.to_owned()), start: StartAt::Earliest }
}

/// Runs a worker once the settings are loaded; before that it could index or quote what people excluded.
pub(super) async fn run_worker<H: Handler>(
    worker: Worker<H>,
    settings: &Settings,
    stop: &CancellationToken,
) -> Result<(), WorkerError> {
    if stop.run_until_cancelled(settings.ready()).await.is_none() {
        return Ok(());
    }
    let outcome = worker.run(stop.clone()).await;
    stop.cancel();
    outcome
}

/// Follows the decisions of guilds and people.
pub(super) async fn follow_settings(settings: &Settings, stop: &CancellationToken) -> Result<(), WorkerError> {
    match stop.run_until_cancelled(settings.follow()).await {
        Some(error) => {
            stop.cancel();
            Err(WorkerError::Bus(error))
        }
        None => Ok(()),
    }
}

/// Applies those decisions to stored messages.
pub(super) async fn sweep_retention(index: &IndexPipeline, settings: &Settings, stop: &CancellationToken) {
    stop.run_until_cancelled(RetentionSweeper::new(index.clone(), settings.clone()).run()).await;
}
