//! A store with the retrieval pipeline over it: the processor answers with it, and tools search with it while no
//! processor runs.

use super::error::ProcessorError;
use crate::config::ProcessorConfig;
use rtfm_memory::{
    retrieval::{RetrievalPipeline, Retriever},
    store::{EmbeddingSpace, MessageStore},
};
use rtfm_models::{embed::Embedder, gemini::GeminiClient};
use rtfm_shared::settings::Settings;
use std::sync::Arc;

/// A store, the embedder that fills it, and the retrieval pipeline over both.
#[derive(Debug)]
pub struct SearchableStore {
    /// The store of the messages.
    pub store: Arc<dyn MessageStore>,
    /// The embedder of the store's vectors; `None` for full-text search alone.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// The pipeline that answers use, without a rewriter: a model rewrites the same question differently each time, and
    /// tools need repeatable results.
    pub retrieval: RetrievalPipeline,
    /// The client that the embedder uses too.
    pub(crate) gemini: Option<GeminiClient>,
}

impl SearchableStore {
    /// Opens what the configuration names. Retrieval hides what `settings` exclude.
    pub async fn open(config: &ProcessorConfig, settings: Settings) -> Result<Self, ProcessorError> {
        let gemini = config.gemini.clone().map(GeminiClient::new).transpose()?;
        let embedder = config.embedder.open(gemini.as_ref()).await?;
        let space = embedder
            .as_ref()
            .map(|embedder| EmbeddingSpace { name: embedder.name().to_owned(), dimension: embedder.dimension() });
        let store = config.store.open(space).await?;
        let retrieval = RetrievalPipeline {
            retriever: Retriever::new(store.clone(), embedder.clone(), settings),
            rewriter: None,
            time_zone: config.time_zone.clone(),
        };
        Ok(Self { store, embedder, retrieval, gemini })
    }
}
