//! Language models: from a prompt to generated text.

mod gemini;

use async_trait::async_trait;
use rtfm_shared::{
    resilience::{Class, Classify},
    text::showable,
};
use std::ops::Deref;

pub use gemini::GeminiModel;

/// The input of one generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The model's role and rules.
    pub system: String,
    /// The user message to answer.
    pub user: String,
    /// The output limit in tokens.
    pub max_output_tokens: u32,
    /// The preferred model, tried before the configured ones; `None` uses the configured ones only.
    pub model: Option<String>,
}

/// A prompt for a language model. Models take no other, so none can get a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedPrompt(Prompt);

impl MaskedPrompt {
    fn of(prompt: &Prompt) -> Self {
        Self(Prompt {
            system: showable(&prompt.system),
            user: showable(&prompt.user),
            model: prompt.model.clone(),
            ..*prompt
        })
    }
}

impl Deref for MaskedPrompt {
    type Target = Prompt;

    fn deref(&self) -> &Prompt {
        &self.0
    }
}

/// The result of one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The complete text, without the model's thinking.
    pub text: String,
    /// The name of the model that wrote it.
    pub model: String,
    /// Whether the output limit cut it off.
    pub truncated: bool,
}

/// Receives the complete text so far whenever it grows. It may become shorter when a retry starts over.
pub type OnText<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A language model, or a chain of models that replace each other.
#[async_trait]
pub trait LanguageModel: Send + Sync + std::fmt::Debug {
    /// Generates text for a prompt, without its secrets. The implementation retries and falls back to other models; the
    /// caller bounds the time.
    async fn generate(&self, prompt: &Prompt, on_text: OnText<'_>) -> Result<Generated, LlmError> {
        self.generate_masked(&MaskedPrompt::of(prompt), on_text).await
    }

    /// The model's part of [`Self::generate`].
    async fn generate_masked(&self, prompt: &MaskedPrompt, on_text: OnText<'_>) -> Result<Generated, LlmError>;

    /// The tokens available for a prompt and its answer together, whichever model writes it. `preferred` is the model
    /// that [`Prompt::model`] will name.
    fn token_budget(&self, preferred: Option<&str>) -> usize {
        let _ = preferred;
        SMALLEST_TOKEN_BUDGET
    }
}

/// A budget in tokens that every supported model accepts.
pub(crate) const SMALLEST_TOKEN_BUDGET: usize = 32_768;

/// Why a generation failed.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// Every model is unreachable or out of quota; a later attempt may succeed.
    #[error("the model is unavailable: {0}")]
    Unavailable(String),
    /// The model does not answer this prompt (safety, recitation, …).
    #[error("the model declined: {0}")]
    Declined(String),
    /// The API rejected the request or the key.
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
