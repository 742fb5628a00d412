//! The processor as a service: opens what it stands on and runs both pipelines until told to stop.

use crate::{
    answer::Answer,
    config::ProcessorConfig,
    index::{
        Index, IndexError, Reindexed,
        attachments::{FetchError, FileReader},
    },
    metric_catalogue,
    retention::RetentionSweeper,
};
use rtfm_memory::{
    retrieval::RetrievalPipeline,
    store::{EmbeddingSpace, StoreError, VectorStore},
};
use rtfm_models::{
    embed::EmbedError,
    gemini::{GeminiClient, GeminiError},
    llm::{GeminiModel, LanguageModel},
};
use rtfm_shared::{
    bus::{self, Bus, StartAt, Subscription, topics},
    health::Health,
    settings::Settings,
    worker::{Handler, Worker, WorkerError, WorkerPolicy},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The consumer group of the index pipeline, on `discord-messages`.
pub const INDEX_GROUP: &str = "rtfm-index";
/// The consumer group of the answer pipeline, on `bot-queries`.
pub const ANSWER_GROUP: &str = "rtfm-answer";

/// Messages looked at to tell whether all are to be indexed anew.
const A_LOOK: usize = 100;

/// Messages written in one go: enough to fill the store's transactions and two embedding requests.
const INDEX_BATCH: usize = 200;
/// Messages of one partition in memory: the batch being written and the ones collecting behind it.
const INDEX_IN_FLIGHT: usize = 2_000;

/// Why a processor cannot work.
#[derive(Debug, thiserror::Error)]
pub enum ProcessorError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The client for Gemini cannot be made.
    #[error(transparent)]
    Gemini(#[from] GeminiError),
    /// The embedder cannot be opened.
    #[error(transparent)]
    Embedder(#[from] EmbedError),
    /// The client that fetches files cannot be made.
    #[error(transparent)]
    Attachments(#[from] FetchError),
    /// What is kept could not be indexed anew.
    #[error(transparent)]
    Reindex(#[from] IndexError),
    /// A pipeline ended.
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

/// A processor that is ready to run.
#[derive(Debug)]
pub struct Processor {
    bus: Arc<dyn Bus>,
    store: Arc<dyn VectorStore>,
    index: Index,
    answer: Answer,
    answers_at_once: usize,
    settings: Settings,
}

impl Processor {
    /// Opens the store and whatever the settings ask for.
    pub async fn open(config: ProcessorConfig, bus: Arc<dyn Bus>) -> Result<Self, ProcessorError> {
        metric_catalogue::describe();
        let gemini = config.gemini.map(GeminiClient::new).transpose()?;
        let embedder = config.embedder.open(gemini.as_ref()).await?;
        let space = embedder
            .as_ref()
            .map(|embedder| EmbeddingSpace { name: embedder.name().to_owned(), dimension: embedder.dimension() });
        let store = config.store.open(space).await?;
        if let Some(client) = gemini.clone() {
            tokio::spawn(async move { warn_of_missing_models(&client).await });
        }
        let cheap = gemini.clone().map(|client| Arc::new(GeminiModel::cheap(client)) as Arc<dyn LanguageModel>);
        let model = gemini.map(|client| Arc::new(GeminiModel::answers(client)) as Arc<dyn LanguageModel>);
        let settings = Settings::new(bus.clone());
        let retrieval = RetrievalPipeline {
            store: store.clone(),
            embedder: embedder.clone(),
            rewriter: cheap,
            time_zone: config.time_zone,
            settings: settings.clone(),
        };
        let answer = Answer { bus: bus.clone(), retrieval, model, time_limit: config.answer_time_limit };
        let files = config.attachments.map(FileReader::new).transpose()?;
        let index = Index::new(store.clone(), embedder).with_settings(settings.clone()).with_files(files);
        Ok(Self { bus, store, index, answer, answers_at_once: config.answers_at_once, settings })
    }

    /// What is searched, for tools and tests that look beside it.
    pub fn store(&self) -> Arc<dyn VectorStore> {
        self.store.clone()
    }

    /// Health with the checks of what a processor stands on.
    pub fn health(&self) -> Health {
        let store = self.store.clone();
        Health::new().bus(&self.bus).check("store", move || {
            let store = store.clone();
            async move { store.health().await }
        })
    }

    /// Runs both pipelines until `shutdown`; then what is under way is finished and committed. When one
    /// fails, the other is stopped in order, too.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), ProcessorError> {
        let both = shutdown.child_token();
        let roads = self.bus.clone();
        let looking = both.run_until_cancelled(async {
            tokio::join!(bus::warn_of_drift(&*roads), warn_of_outdated(&*self.store));
        });
        let following = follow(&self.settings, &both);
        let keeping = keep(&self.index, &self.settings, &both);
        let index = once_known(index_worker(self.bus.clone(), self.index.clone()), &self.settings, &both);
        let answer = answer_worker(self.bus, self.answer, self.answers_at_once);
        let answer = once_known(answer, &self.settings, &both);
        let (index, answer, _, following, ()) = tokio::join!(index, answer, looking, following, keeping);
        Ok(index.and(answer).and(following)?)
    }

    /// Indexes anew what was kept for another embedder or by older rules; see [`Index::reindex`]. `None` when it was
    /// stopped before the end: it goes on where it was the next time.
    pub async fn reindex(
        &self,
        report: impl FnMut(Reindexed) + Send,
        shutdown: CancellationToken,
    ) -> Result<Option<Reindexed>, ProcessorError> {
        let stop = shutdown.child_token();
        let work = async {
            let work = async {
                // Nothing comes back that somebody does not want kept.
                self.settings.ready().await;
                self.index.reindex(report).await
            };
            let outcome = stop.run_until_cancelled(work).await;
            stop.cancel();
            outcome
        };
        let (following, outcome) = tokio::join!(follow(&self.settings, &stop), work);
        match outcome {
            Some(done) => Ok(Some(done?)),
            None => following.map(|()| None).map_err(ProcessorError::from),
        }
    }

    /// Runs the index pipeline alone.
    pub async fn run_index(self, shutdown: CancellationToken) -> Result<(), ProcessorError> {
        let both = shutdown.child_token();
        let following = follow(&self.settings, &both);
        let keeping = keep(&self.index, &self.settings, &both);
        let index = once_known(index_worker(self.bus, self.index.clone()), &self.settings, &both);
        let (index, following, ()) = tokio::join!(index, following, keeping);
        Ok(index.and(following)?)
    }
}

/// Follows what guilds and people decide until told to stop.
async fn follow(settings: &Settings, stop: &CancellationToken) -> Result<(), WorkerError> {
    match stop.run_until_cancelled(settings.follow()).await {
        Some(error) => {
            stop.cancel();
            Err(WorkerError::Bus(error))
        }
        None => Ok(()),
    }
}

/// Keeps the memory to what is decided until told to stop.
async fn keep(index: &Index, settings: &Settings, stop: &CancellationToken) {
    stop.run_until_cancelled(RetentionSweeper::new(index.clone(), settings.clone()).run()).await;
}

/// Says which configured models there are not. In the background and as a warning only: a start must not
/// hang on Gemini, and answers do without it.
async fn warn_of_missing_models(client: &GeminiClient) {
    match client.missing_models().await {
        Ok(missing) => missing.iter().for_each(|missing| tracing::warn!("{missing}")),
        Err(error) => tracing::warn!(%error, "Gemini's models could not be checked"),
    }
}

/// Says so when the first messages are kept for another embedder, most of them: a few that it refused are no reason.
async fn warn_of_outdated(store: &dyn VectorStore) {
    match store.stale(None, A_LOOK).await {
        Ok(page) if 2 * (page.messages.len() as u64) <= page.looked_at => {}
        Ok(_) => tracing::warn!(
            "messages are kept for another embedder or by older rules, and found badly or not at all: run `rtfm reindex`"
        ),
        Err(error) => tracing::debug!(%error, "whether anything is to be indexed anew cannot be told"),
    }
}

/// Runs a pipeline as soon as it is known what must not be remembered or found.
async fn once_known<H: Handler>(
    worker: Worker<H>,
    settings: &Settings,
    both: &CancellationToken,
) -> Result<(), WorkerError> {
    match both.run_until_cancelled(settings.ready()).await {
        Some(()) => until_stopped(worker, both).await,
        None => Ok(()),
    }
}

async fn until_stopped<H: Handler>(worker: Worker<H>, both: &CancellationToken) -> Result<(), WorkerError> {
    let outcome = worker.run(both.clone()).await;
    both.cancel();
    outcome
}

fn index_worker(bus: Arc<dyn Bus>, index: Index) -> Worker<Index> {
    let policy =
        WorkerPolicy { batch: INDEX_BATCH, max_in_flight: INDEX_IN_FLIGHT, ..WorkerPolicy::named("rtfm/index") };
    Worker::new(bus, subscription(topics::MESSAGES, INDEX_GROUP), index, policy)
}

fn answer_worker(bus: Arc<dyn Bus>, answer: Answer, at_once: usize) -> Worker<Answer> {
    let policy = WorkerPolicy { concurrency: at_once, max_in_flight: at_once, ..WorkerPolicy::named("rtfm/answer") };
    Worker::new(bus, subscription(topics::QUERIES, ANSWER_GROUP), answer, policy)
}

fn subscription(topic: &str, group: &str) -> Subscription {
    Subscription { topics: vec![topic.to_owned()], group: Some(group.to_owned()), start: StartAt::Earliest }
}
