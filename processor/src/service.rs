//! The processor as a service: opens its dependencies and runs the index pipeline, the answer pipeline and the
//! retention sweep until shutdown.

mod checks;
mod error;
mod searchable;
mod tasks;

pub use error::ProcessorError;
pub use searchable::SearchableStore;

use crate::{
    answer::AnswerPipeline,
    config::ProcessorConfig,
    index::{IndexPipeline, Reindexed, attachments::FileReader},
    metric_catalogue,
};
use checks::{warn_of_missing_models, warn_of_stale_index};
use rtfm_memory::store::MessageStore;
use rtfm_models::llm::{GeminiModel, LanguageModel};
use rtfm_shared::{
    bus::{self, Bus},
    health::Health,
    settings::Settings,
};
use std::sync::Arc;
use tasks::{answer_worker, follow_settings, index_worker, run_worker, sweep_retention};
use tokio_util::sync::CancellationToken;

/// A processor that is ready to run.
#[derive(Debug)]
pub struct Processor {
    bus: Arc<dyn Bus>,
    store: Arc<dyn MessageStore>,
    index: IndexPipeline,
    answer: AnswerPipeline,
    answer_concurrency: usize,
    settings: Settings,
}

impl Processor {
    /// Opens the store and the embedder, the models and the file reader that the configuration selects.
    pub async fn open(config: ProcessorConfig, bus: Arc<dyn Bus>) -> Result<Self, ProcessorError> {
        metric_catalogue::describe_metrics();
        let settings = Settings::new(bus.clone());
        let searchable = SearchableStore::open(&config, settings.clone()).await?;
        let SearchableStore { store, embedder, mut retrieval, gemini } = searchable;
        if let Some(client) = gemini.clone() {
            tokio::spawn(async move { warn_of_missing_models(&client).await });
        }
        retrieval.rewriter =
            gemini.clone().map(|client| Arc::new(GeminiModel::cheap(client)) as Arc<dyn LanguageModel>);
        let model = gemini.map(|client| Arc::new(GeminiModel::answers(client)) as Arc<dyn LanguageModel>);
        let answer = AnswerPipeline {
            bus: bus.clone(),
            retrieval,
            settings: settings.clone(),
            model,
            time_limit: config.answer_time_limit,
        };
        let files = config.attachments.map(FileReader::new).transpose()?;
        let index = IndexPipeline::new(store.clone(), embedder).with_settings(settings.clone()).with_files(files);
        Ok(Self { bus, store, index, answer, answer_concurrency: config.answer_concurrency, settings })
    }

    /// The store, for tools and tests that read it directly.
    pub fn store(&self) -> Arc<dyn MessageStore> {
        self.store.clone()
    }

    /// Health checks of the bus and the store.
    pub fn health(&self) -> Health {
        let store = self.store.clone();
        Health::new().bus(&self.bus).check("store", move || {
            let store = store.clone();
            async move { store.health().await }
        })
    }

    /// Runs the index pipeline, the answer pipeline and the retention sweep until `shutdown`, then finishes and commits
    /// the work in flight. When one of them fails, the others stop in order too.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), ProcessorError> {
        let stop = shutdown.child_token();
        let bus = self.bus.clone();
        let checks = stop.run_until_cancelled(async {
            tokio::join!(bus::warn_of_drift(&*bus), warn_of_stale_index(&*self.store));
        });
        let settings = follow_settings(&self.settings, &stop);
        let retention = sweep_retention(&self.index, &self.settings, &stop);
        let index = run_worker(index_worker(self.bus.clone(), self.index.clone()), &self.settings, &stop);
        let answer = answer_worker(self.bus, self.answer, self.answer_concurrency);
        let answer = run_worker(answer, &self.settings, &stop);
        let (index, answer, _, settings, ()) = tokio::join!(index, answer, checks, settings, retention);
        Ok(index.and(answer).and(settings)?)
    }

    /// Reindexes stale messages; see [`IndexPipeline::reindex`]. Returns `None` when `shutdown` ends it early; the
    /// next run continues with the messages that are still stale.
    pub async fn reindex(
        &self,
        report: impl FnMut(Reindexed) + Send,
        shutdown: CancellationToken,
    ) -> Result<Option<Reindexed>, ProcessorError> {
        let stop = shutdown.child_token();
        let work = async {
            let work = async {
                // Without the settings, reindexing could restore excluded messages.
                self.settings.ready().await;
                self.index.reindex(report).await
            };
            let outcome = stop.run_until_cancelled(work).await;
            stop.cancel();
            outcome
        };
        let (settings, outcome) = tokio::join!(follow_settings(&self.settings, &stop), work);
        match outcome {
            Some(reindexed) => Ok(Some(reindexed?)),
            None => settings.map(|()| None).map_err(ProcessorError::from),
        }
    }

    /// Runs the index pipeline and the retention sweep, without the answer pipeline.
    pub async fn run_index(self, shutdown: CancellationToken) -> Result<(), ProcessorError> {
        let stop = shutdown.child_token();
        let settings = follow_settings(&self.settings, &stop);
        let retention = sweep_retention(&self.index, &self.settings, &stop);
        let index = run_worker(index_worker(self.bus, self.index.clone()), &self.settings, &stop);
        let (index, settings, ()) = tokio::join!(index, settings, retention);
        Ok(index.and(settings)?)
    }
}
