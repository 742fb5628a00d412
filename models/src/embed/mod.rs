//! Texts to vectors.

mod config;
mod gemini;
mod instrumented;
#[cfg(feature = "local-embeddings")]
mod local;
mod local_config;

use async_trait::async_trait;
use rtfm_shared::resilience::{Class, Classify};

pub use config::EmbedderChoice;
pub use gemini::GeminiEmbedder;
pub(crate) use instrumented::{CALLS, DURATION, TEXTS};
#[cfg(feature = "local-embeddings")]
pub use local::LocalEmbedder;
pub use local_config::{LocalConfig, ModelSource};

/// Makes vectors of texts. All vectors of one embedder have one dimension and are L2-normalised.
#[async_trait]
pub trait Embedder: Send + Sync + std::fmt::Debug {
    /// The model's name, lower case, fit for a collection's name.
    fn name(&self) -> &str;

    /// Numbers in a vector.
    fn dimension(&self) -> usize;

    /// A vector for each text, in order.
    async fn documents(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError>;

    /// The vector of a question.
    async fn query(&self, text: &str) -> Result<Vec<f32>, EmbedError>;
}

/// Why texts could not be embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The embedder is away or out of quota; waiting may mend it.
    #[error("the embedder is unavailable: {0}")]
    Unavailable(String),
    /// The embedder failed at these texts, again and again. It may be their fault or its own: whether other
    /// texts succeed tells.
    #[error("the embedder failed: {0}")]
    Failed(String),
    /// The embedder refused these texts; it always will.
    #[error("the embedder refused the texts: {0}")]
    Refused(String),
}

impl EmbedError {
    /// A short fixed name, for metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Failed(_) => "failed",
            Self::Refused(_) => "refused",
        }
    }
}

impl Classify for EmbedError {
    fn class(&self) -> Class {
        match self {
            Self::Unavailable(_) => Class::DependencyDown,
            Self::Failed(_) => Class::Transient,
            Self::Refused(_) => Class::Permanent,
        }
    }
}
