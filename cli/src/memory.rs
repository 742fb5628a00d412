//! A memory as answers search it, for commands that look into one themselves.

use crate::fault::Fault;
use rtfm_processor::{
    ProcessorConfig, ProcessorError,
    embed::Embedder,
    gemini::GeminiClient,
    retrieve::Retriever,
    store::{EmbeddingSpace, VectorStore},
};
use rtfm_shared::settings::Settings;
use std::sync::Arc;

/// A store, the embedder it is filled with, and the retrieval over both.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) store: Arc<dyn VectorStore>,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    pub(crate) retriever: Retriever,
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
        let retriever = Retriever::new(store.clone(), embedder.clone(), settings);
        Ok(Self { store, embedder, retriever })
    }
}
