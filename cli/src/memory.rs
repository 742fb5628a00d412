//! A memory as answers search it, for commands that look into one themselves.

use crate::fault::Fault;
use rtfm_memory::{
    retrieval::RetrievalPipeline,
    store::{EmbeddingSpace, VectorStore},
};
use rtfm_models::{embed::Embedder, gemini::GeminiClient};
use rtfm_processor::{ProcessorConfig, ProcessorError};
use rtfm_shared::settings::Settings;
use std::sync::Arc;

/// A store, the embedder it is filled with, and what looks into both as answers do.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) store: Arc<dyn VectorStore>,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    pub(crate) retrieval: RetrievalPipeline,
}

impl Memory {
    /// Opens what the configuration names; what `settings` say must not be found is not.
    pub(crate) async fn open(config: ProcessorConfig, settings: Settings) -> Result<Self, Fault> {
        let gemini = config.gemini.map(GeminiClient::new).transpose().map_err(ProcessorError::from)?;
        let embedder = config.embedder.open(gemini.as_ref()).await.map_err(ProcessorError::from)?;
        let space = embedder
            .as_ref()
            .map(|embedder| EmbeddingSpace { name: embedder.name().to_owned(), dimension: embedder.dimension() });
        let store = config.store.open(space).await.map_err(ProcessorError::from)?;
        let retrieval = RetrievalPipeline {
            store: store.clone(),
            embedder: embedder.clone(),
            // What a model makes of questions is not the same twice.
            rewriter: None,
            time_zone: config.time_zone,
            settings,
        };
        Ok(Self { store, embedder, retrieval })
    }
}
