//! A memory that is made for a measurement and gone after it: a store of its own, filled by the index pipeline and
//! asked as answers ask it.

use crate::{fault::Fault, memory::Memory};
use rtfm_memory::{
    retrieval::{AttemptResult, RetrievalError},
    store::{QdrantConfig, StoreConfig},
};
use rtfm_processor::{ProcessorConfig, ProcessorError, index::IndexPipeline};
use rtfm_shared::{
    bus,
    config::{BusConfig, Env},
    event::{ChatMessage, MessageEvent, Query},
    settings::Settings,
};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Messages indexed together, as the processor's worker does.
const BATCH: usize = 200;
/// The longest a question may take, as for answers.
const LIMIT: Duration = Duration::from_secs(60);

/// What the memory is made of.
#[derive(Clone, Debug)]
pub(crate) struct Foundations {
    /// Whether Qdrant keeps it, or one SQLite file.
    pub(crate) qdrant: bool,
    /// What `EMBEDDER` would name.
    pub(crate) embedder: String,
}

/// A memory for a measurement.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(super) memory: Memory,
    index: IndexPipeline,
    /// The collections to drop in the end.
    collections: Option<QdrantConfig>,
    _directory: TempDir,
}

impl Ground {
    /// An empty memory: a temporary directory, or collections of its own on the Qdrant server.
    pub(crate) async fn open(env: &Env, foundations: &Foundations) -> Result<Self, Fault> {
        let directory = tempfile::tempdir()?;
        let env = env.clone().with("EMBEDDER", &foundations.embedder);
        let mut config = ProcessorConfig::from_env(&env, directory.path())?;
        let collections = foundations.qdrant.then(|| own_collections(&env)).transpose()?;
        config.store = match &collections {
            Some(qdrant) => StoreConfig::Qdrant(qdrant.clone()),
            None => StoreConfig::Sqlite { directory: directory.path().to_owned() },
        };
        // Where nobody decides anything.
        let bus = bus::open(&BusConfig::Local { directory: directory.path().to_owned() }).await?;
        let memory = Memory::open(config, Settings::new(bus)).await?;
        let index = IndexPipeline::new(memory.store.clone(), memory.embedder.clone());
        Ok(Self { memory, index, collections, _directory: directory })
    }

    /// What the vectors are made by.
    pub(crate) fn embedder(&self) -> &str {
        self.memory.embedder.as_ref().map_or("none", |embedder| embedder.name())
    }

    /// Indexes messages as they are heard, telling after each batch how many there were.
    pub(crate) async fn learn(&self, messages: &[ChatMessage], heard: impl Fn(u64)) -> Result<(), Fault> {
        for batch in messages.chunks(BATCH) {
            self.apply(batch.iter().cloned().map(MessageEvent::Created)).await?;
            heard(batch.len() as u64);
        }
        Ok(())
    }

    /// Takes messages out, also from the contexts of others: an edit has made them questions to the bot.
    pub(super) async fn take_out(&self, messages: &[ChatMessage]) -> Result<(), Fault> {
        self.apply(messages.iter().cloned().map(|mut message| {
            message.metadata.asks_bot = true;
            MessageEvent::Updated(message)
        }))
        .await
    }

    /// Brings back what was taken out: another edit has made them what they were.
    pub(super) async fn put_back(&self, messages: &[ChatMessage]) -> Result<(), Fault> {
        self.apply(messages.iter().cloned().map(MessageEvent::Updated)).await
    }

    async fn apply(&self, events: impl Iterator<Item = MessageEvent>) -> Result<(), Fault> {
        let events: Vec<MessageEvent> = events.collect();
        let applied = self.index.apply(&events).await;
        applied.map_err(|error| Fault::Failed(format!("the messages cannot be indexed: {error}")))
    }

    /// What an answer without a model would rest on; also how long that took.
    pub(super) async fn ask(&self, query: &Query) -> Result<(AttemptResult, Duration), Fault> {
        let started = Instant::now();
        let attempt_result = self.memory.retrieval.retrieve(query, LIMIT).await.map_err(|error| match error {
            RetrievalError::Memory(error) => ProcessorError::from(error).into(),
            ambiguous @ RetrievalError::Ambiguous(_) => Fault::Failed(ambiguous.to_string()),
        })?;
        if attempt_result.found.words_only {
            let embedder = self.embedder();
            return Err(Fault::Failed(format!(
                "the embedder {embedder} failed at a question: searched by words alone, it would measure something else"
            )));
        }
        Ok((attempt_result, started.elapsed()))
    }

    /// Leaves nothing behind.
    pub(crate) async fn clear(self) -> Result<(), Fault> {
        if let Some(qdrant) = &self.collections {
            qdrant.drop_collections().await.map_err(ProcessorError::from)?;
        }
        Ok(())
    }
}

/// The server that the environment names, with a prefix that nothing else has.
fn own_collections(env: &Env) -> Result<QdrantConfig, Fault> {
    let Some(config) = QdrantConfig::from_env(env)? else {
        return Err(Fault::Usage("--store qdrant needs a server: set QDRANT_URL".to_owned()));
    };
    let instant = jiff::Timestamp::now().as_nanosecond();
    let prefix = format!("rtfm_eval_{}_{instant}", std::process::id());
    Ok(QdrantConfig { prefix, ..config })
}

#[cfg(test)]
#[path = "ground_tests.rs"]
mod tests;
