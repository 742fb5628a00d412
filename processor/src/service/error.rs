//! Errors of the processor's start and run.

use crate::index::{IndexError, attachments::FetchError};
use rtfm_memory::store::StoreError;
use rtfm_models::{embed::EmbedError, gemini::GeminiError};
use rtfm_shared::worker::WorkerError;

/// Why a processor failed to start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ProcessorError {
    /// The store failed to open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The Gemini settings make no client.
    #[error(transparent)]
    Gemini(#[from] GeminiError),
    /// The embedder failed to open.
    #[error(transparent)]
    Embedder(#[from] EmbedError),
    /// The attachment settings make no HTTP client.
    #[error(transparent)]
    Attachments(#[from] FetchError),
    /// The store or the embedder failed while reindexing.
    #[error(transparent)]
    Reindex(#[from] IndexError),
    /// A pipeline or the settings reader failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
}
