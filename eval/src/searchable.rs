//! A store with the retrieval pipeline over it, for tools that search without a running processor.

use rtfm_memory::{
    retrieval::{RetrievalPipeline, Retriever},
    store::{EmbeddingSpace, MessageStore},
};
use rtfm_models::{embed::Embedder, gemini::GeminiClient};
use rtfm_processor::{ProcessorConfig, ProcessorError};
use rtfm_shared::settings::Settings;
use std::sync::Arc;

/// A store, the embedder that fills it, and the retrieval pipeline over both.
#[derive(Debug)]
pub struct SearchableStore {
    /// The store of the messages.
    pub store: Arc<dyn MessageStore>,
    /// The embedder of the store's vectors; `None` for full-text search alone.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// The pipeline that answers use.
    pub retrieval: RetrievalPipeline,
}

impl SearchableStore {
    /// Opens what the configuration names. Retrieval hides what `settings` exclude.
    pub async fn open(config: ProcessorConfig, settings: Settings) -> Result<Self, ProcessorError> {
        let gemini = config.gemini.map(GeminiClient::new).transpose()?;
        let embedder = config.embedder.open(gemini.as_ref()).await?;
        let space = embedder
            .as_ref()
            .map(|embedder| EmbeddingSpace { name: embedder.name().to_owned(), dimension: embedder.dimension() });
        let store = config.store.open(space).await?;
        let retrieval = RetrievalPipeline {
            retriever: Retriever::new(store.clone(), embedder.clone(), settings),
            // A model rewrites the same question differently each time; results must be repeatable.
            rewriter: None,
            time_zone: config.time_zone,
        };
        Ok(Self { store, embedder, retrieval })
    }
}
