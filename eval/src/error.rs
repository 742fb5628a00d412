//! Why an evaluation fails, and whether its input or its environment is the cause.

use rtfm_memory::retrieval::RetrievalError;
use rtfm_processor::{ProcessorError, index::IndexError};
use rtfm_shared::{bus::BusError, config::ConfigError};

/// Why an evaluation fails.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// An evaluation file or an option is wrong.
    #[error("{0}")]
    Usage(String),
    /// An environment variable is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The bus of the temporary memory cannot be opened.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The store or the embedder cannot be opened, or the collections cannot be dropped.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    /// The index pipeline failed.
    #[error("failed to index the messages: {0}")]
    Index(#[from] IndexError),
    /// The retrieval pipeline failed on a question.
    #[error(transparent)]
    Retrieval(#[from] RetrievalError),
    /// The embedder failed on a question. Full-text search alone would give results for another configuration.
    #[error("the embedder {0} failed on a question; without it the results would be those of full-text search alone")]
    Embedder(String),
    /// The temporary directory cannot be created.
    #[error("failed to create a temporary directory: {0}")]
    Directory(#[from] std::io::Error),
    /// The evaluation was cancelled.
    #[error("interrupted")]
    Interrupted,
}

impl EvalError {
    /// Whether the user's input is the cause: a file, an option or an environment variable.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Usage(_) | Self::Config(_))
    }
}
