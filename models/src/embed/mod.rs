//! Embedders: from texts to vectors.

mod config;
mod gemini;
mod instrumented;
#[cfg(feature = "local-embeddings")]
mod local;
mod local_config;

use async_trait::async_trait;
use rtfm_shared::{
    resilience::{Class, Classify},
    text::showable,
};
use std::ops::Deref;

pub use config::EmbedderChoice;
pub use gemini::GeminiEmbedder;
pub(crate) use instrumented::{CALLS, DURATION, TEXTS};
#[cfg(feature = "local-embeddings")]
pub use local::LocalEmbedder;
pub use local_config::{LocalConfig, ModelSource};

/// A model that turns texts into vectors. All vectors of one embedder have the same dimension and length one.
#[async_trait]
pub trait Embedder: Send + Sync + std::fmt::Debug {
    /// The model's name in lower case, valid as part of a collection's name.
    fn name(&self) -> &str;

    /// The number of components of a vector.
    fn dimension(&self) -> usize;

    /// Embeds texts to search in, without their secrets: one vector per text, in order.
    async fn documents(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let texts: Vec<MaskedText> = texts.iter().map(|text| MaskedText::of(text)).collect();
        self.embed_documents(&texts).await
    }

    /// Embeds a question to search with, without its secrets.
    async fn query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.embed_query(&MaskedText::of(text)).await
    }

    /// The model's part of [`Self::documents`].
    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError>;

    /// The model's part of [`Self::query`].
    async fn embed_query(&self, text: &MaskedText) -> Result<Vec<f32>, EmbedError>;
}

/// A text for an embedder. Embedders take no other, so none can get a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedText(String);

impl MaskedText {
    fn of(text: &str) -> Self {
        Self(showable(text))
    }
}

impl Deref for MaskedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Why an embedder returned no vectors.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The embedder is unreachable or out of quota; a later attempt may succeed.
    #[error("the embedder is unavailable: {0}")]
    Unavailable(String),
    /// The embedder failed on these texts in every attempt. The cause may be the texts or the embedder; other texts
    /// tell which.
    #[error("the embedder failed: {0}")]
    Failed(String),
    /// The embedder rejects these texts and always will.
    #[error("the embedder refused the texts: {0}")]
    Refused(String),
}

impl EmbedError {
    /// The `outcome` label of metrics: `unavailable`, `failed` or `refused`.
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
