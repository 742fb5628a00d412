//! A temporary memory for one evaluation: a store of its own that the index pipeline fills and that questions search
//! as answers do.

use crate::error::EvalError;
use rtfm_memory::store::{QdrantConfig, StoreConfig};
use rtfm_processor::{ProcessorConfig, ProcessorError, SearchableStore, index::IndexPipeline};
use rtfm_shared::{
    bus,
    config::{BusConfig, Env},
    event::{ChatMessage, MessageEvent, MessageId, Query},
    settings::Settings,
};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Messages per batch, as in the processor's worker.
const BATCH: usize = 200;
/// Time limit of a question, as for answers.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Where the messages are stored during an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalStore {
    /// A temporary SQLite file.
    Sqlite,
    /// Temporary collections on the server that `QDRANT_URL` names.
    Qdrant,
}

impl EvalStore {
    /// The store's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Qdrant => "qdrant",
        }
    }
}

/// What retrieval finds for one question.
#[derive(Debug)]
pub(crate) struct Retrieved {
    /// The ranked messages, best first.
    pub(crate) ranking: Vec<MessageId>,
    /// Whether the evidence suffices for an answer.
    pub(crate) suffices: bool,
    pub(crate) confidence: f64,
    /// The note to the reader about where retrieval searched.
    pub(crate) notice: Option<String>,
    pub(crate) elapsed: Duration,
}

#[derive(Debug)]
pub(crate) struct TemporaryMemory {
    searchable: SearchableStore,
    index: IndexPipeline,
    /// The collections to drop at the end.
    collections: Option<QdrantConfig>,
    _directory: TempDir,
}

impl TemporaryMemory {
    /// Opens an empty memory; `embedder` is a value of `EMBEDDER`.
    pub(crate) async fn open(env: &Env, store: EvalStore, embedder: &str) -> Result<Self, EvalError> {
        let directory = tempfile::tempdir()?;
        let env = env.clone().with("EMBEDDER", embedder);
        let mut config = ProcessorConfig::from_env(&env, directory.path())?;
        let collections = match store {
            EvalStore::Sqlite => None,
            EvalStore::Qdrant => Some(unique_collections(&env)?),
        };
        config.store = match &collections {
            Some(qdrant) => StoreConfig::Qdrant(qdrant.clone()),
            None => StoreConfig::Sqlite { directory: directory.path().to_owned() },
        };
        // An empty bus: no guild and no user has settings here.
        let bus = bus::open(&BusConfig::Local { directory: directory.path().to_owned() }).await?;
        let searchable = SearchableStore::open(&config, Settings::new(bus)).await?;
        let index = IndexPipeline::new(searchable.store.clone(), searchable.embedder.clone());
        Ok(Self { searchable, index, collections, _directory: directory })
    }

    /// The embedding model's name, or `none`.
    pub(crate) fn embedder(&self) -> &str {
        self.searchable.embedder.as_ref().map_or("none", |embedder| embedder.name())
    }

    /// Indexes messages and reports the size of each batch to `progress`.
    pub(crate) async fn index(&self, messages: &[ChatMessage], progress: impl Fn(u64)) -> Result<(), EvalError> {
        for batch in messages.chunks(BATCH) {
            self.apply(batch.iter().cloned().map(MessageEvent::Created)).await?;
            progress(batch.len() as u64);
        }
        Ok(())
    }

    /// Hides messages, also from the contexts of others. An edit that makes them questions to the bot does it, because
    /// the index pipeline then rewrites every context that contains them.
    pub(crate) async fn hide(&self, messages: &[ChatMessage]) -> Result<(), EvalError> {
        self.apply(messages.iter().cloned().map(|mut message| {
            message.metadata.asks_bot = true;
            MessageEvent::Updated(message)
        }))
        .await
    }

    /// Restores hidden messages with another edit.
    pub(crate) async fn restore(&self, messages: &[ChatMessage]) -> Result<(), EvalError> {
        self.apply(messages.iter().cloned().map(MessageEvent::Updated)).await
    }

    async fn apply(&self, events: impl Iterator<Item = MessageEvent>) -> Result<(), EvalError> {
        let events: Vec<MessageEvent> = events.collect();
        Ok(self.index.apply(&events).await?)
    }

    /// Retrieves the evidence of an answer without a model.
    pub(crate) async fn retrieve(&self, query: &Query) -> Result<Retrieved, EvalError> {
        let started = Instant::now();
        let result = self.searchable.retrieval.retrieve(query, TIME_LIMIT).await?;
        if result.found.words_only {
            return Err(EvalError::Embedder(self.embedder().to_owned()));
        }
        Ok(Retrieved {
            elapsed: started.elapsed(),
            suffices: result.found.confidence.suffices,
            confidence: result.found.confidence.score(),
            notice: result.notice().map(str::to_owned),
            ranking: result.found.ranking.into_iter().map(|ranked| ranked.message.message_id.clone()).collect(),
        })
    }

    /// Removes everything that this memory stored.
    pub(crate) async fn remove(self) -> Result<(), EvalError> {
        if let Some(qdrant) = &self.collections {
            qdrant.drop_collections().await.map_err(ProcessorError::from)?;
        }
        Ok(())
    }
}

/// The server that the environment names, with a unique prefix for the collections.
fn unique_collections(env: &Env) -> Result<QdrantConfig, EvalError> {
    let Some(config) = QdrantConfig::from_env(env)? else {
        return Err(EvalError::Usage("--store qdrant needs a server: set QDRANT_URL".to_owned()));
    };
    let now = jiff::Timestamp::now().as_nanosecond();
    let prefix = format!("rtfm_eval_{}_{now}", std::process::id());
    Ok(QdrantConfig { prefix, ..config })
}

#[cfg(test)]
mod tests;
