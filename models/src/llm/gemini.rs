//! Streamed text from Gemini. A chain of models: each model is tried a few times, and the next one takes over when a
//! model is unavailable or out of quota.

use super::{Generated, LanguageModel, LlmError, MaskedPrompt, OnText};
use crate::gemini::{GeminiClient, GeminiError, TextRequest, ThinkingLevel};
use async_trait::async_trait;

/// Generates text with one Gemini model or a chain of them.
#[derive(Debug)]
pub struct GeminiModel {
    client: GeminiClient,
    models: Vec<String>,
    thinking: Option<ThinkingLevel>,
}

impl GeminiModel {
    /// The chain that writes answers: `GEMINI_MODEL`, then `GEMINI_FALLBACK_MODELS`.
    pub fn answers(client: GeminiClient) -> Self {
        let config = client.config();
        let (models, thinking) = (config.answer_models.clone(), Some(config.thinking_level));
        Self { client, models, thinking }
    }

    /// The model for small tasks, `GEMINI_CHEAP_MODEL`, at its own default thinking level.
    pub fn cheap(client: GeminiClient) -> Self {
        let models = vec![client.config().cheap_model.clone()];
        Self { client, models, thinking: None }
    }

    /// The chain's models in fallback order.
    pub fn models(&self) -> &[String] {
        &self.models
    }

    /// The server's preferred model, if the operator lets servers choose it: otherwise a setting would decide what the
    /// operator pays for.
    fn allowed<'a>(&self, preferred: Option<&'a str>) -> Option<&'a str> {
        let config = self.client.config();
        let mut allowed = config.answer_models.iter().chain(&config.server_models);
        preferred.filter(|preferred| allowed.any(|model| model == preferred))
    }

    /// Generates with one model and retries while its retry policy allows.
    async fn generate_with_retries(
        &self,
        model: &str,
        request: &TextRequest<'_>,
        on_text: OnText<'_>,
    ) -> Result<Generated, GeminiError> {
        let policy = &self.client.config().interactive;
        let written = policy.retry(model, || self.client.generate_text(model, request, on_text)).await?;
        Ok(Generated { text: written.text, model: model.to_owned(), truncated: written.truncated })
    }
}

#[async_trait]
impl LanguageModel for GeminiModel {
    /// The smallest input limit in the chain, because any of its models may write the answer.
    fn token_budget(&self, preferred: Option<&str>) -> usize {
        let models = self.allowed(preferred).into_iter().chain(self.models.iter().map(String::as_str));
        models.map(|model| self.client.input_limit(model)).min().unwrap_or(super::SMALLEST_TOKEN_BUDGET)
    }

    async fn generate_masked(&self, prompt: &MaskedPrompt, on_text: OnText<'_>) -> Result<Generated, LlmError> {
        let request = TextRequest {
            system: &prompt.system,
            user: &prompt.user,
            max_output_tokens: prompt.max_output_tokens,
            thinking: self.thinking,
        };
        let mut failures = Vec::new();
        let preferred = self.allowed(prompt.model.as_deref());
        if let (Some(model), None) = (&prompt.model, preferred) {
            tracing::warn!(model, "a server's model is not allowed; add it to GEMINI_SERVER_MODELS to allow it");
        }
        let others = self.models.iter().map(String::as_str).filter(|model| Some(*model) != preferred);
        for model in preferred.into_iter().chain(others) {
            match self.generate_with_retries(model, &request, on_text).await {
                Ok(generated) => return Ok(generated),
                // A server's own choice of model says nothing about the operator's models, so they still get a try.
                Err(error) if Some(model) == preferred && !matches!(error, GeminiError::Blocked(_)) => {
                    tracing::warn!(model, %error, "the server's preferred model failed");
                    failures.push(error);
                }
                Err(GeminiError::Blocked(reason)) => return Err(LlmError::Declined(reason)),
                Err(error) if !next_model_may_answer(&error) => return Err(LlmError::Refused(error.to_string())),
                Err(error) => {
                    tracing::warn!(model, %error, "model failed, falling back");
                    failures.push(error);
                }
            }
        }
        let message = failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        // Transient failures and daily quotas pass with time; a person must fix the others.
        if failures.iter().any(|error| matches!(error, GeminiError::Transient { .. } | GeminiError::QuotaPerDay { .. }))
        {
            Err(LlmError::Unavailable(message))
        } else {
            Err(LlmError::Refused(message))
        }
    }
}

/// Whether the next model of the chain can succeed where this one failed.
fn next_model_may_answer(error: &GeminiError) -> bool {
    match error {
        GeminiError::Transient { .. } | GeminiError::QuotaPerDay { .. } | GeminiError::OutputLimit(_) => true,
        // The key may lack this one model only, or Gemini retired it.
        GeminiError::Configuration { status, .. } => matches!(status, Some(403 | 404)),
        GeminiError::Permanent { .. } | GeminiError::Blocked(_) => false,
    }
}
