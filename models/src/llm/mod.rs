//! Prompts to text.

mod gemini;

use async_trait::async_trait;
use rtfm_shared::{
    event::Turn,
    resilience::{Class, Classify},
};

pub use gemini::GeminiModel;

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Who the model is and what rules it keeps.
    pub system: String,
    /// The conversation before, oldest first.
    pub history: Vec<Turn>,
    /// What it must react to now.
    pub user: String,
    /// The most tokens it may write.
    pub max_output_tokens: u32,
    /// The model that is asked first; none for the operator's choice.
    pub model: Option<String>,
}

/// What a model wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The text, whole.
    pub text: String,
    /// The model that wrote it.
    pub model: String,
    /// Whether it was cut off at the token limit.
    pub truncated: bool,
}

/// Hears the text while it is written: the whole text so far, each time it has grown. When the model
/// must begin again the text so far may become shorter.
pub type OnText<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A model that writes.
#[async_trait]
pub trait LanguageModel: Send + Sync + std::fmt::Debug {
    /// Writes an answer. Retries and falls back to other models by itself; the caller bounds the time.
    async fn generate(&self, prompt: &Prompt, on_text: OnText<'_>) -> Result<Generated, LlmError>;

    /// How many tokens a prompt and its answer may have, whichever model writes in the end; `wished` is the one that is
    /// asked first.
    fn token_budget(&self, wished: Option<&str>) -> usize {
        let _ = wished;
        SMALLEST_TOKEN_BUDGET
    }
}

/// What every model in use takes at the least.
pub(crate) const SMALLEST_TOKEN_BUDGET: usize = 32_768;

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// The model is away or out of quota; waiting may mend it.
    #[error("the model is unavailable: {0}")]
    Unavailable(String),
    /// The model will not answer this prompt (safety, recitation, …).
    #[error("the model declined: {0}")]
    Declined(String),
    /// The request or the key is at fault.
    #[error("the model refused the request: {0}")]
    Refused(String),
}

impl Classify for LlmError {
    fn class(&self) -> Class {
        match self {
            Self::Unavailable(_) => Class::DependencyDown,
            Self::Declined(_) | Self::Refused(_) => Class::Permanent,
        }
    }
}
