//! Text by Gemini, streamed: a chain of models, each asked a few times, the next when one is away or
//! out of quota.

use super::{Generated, LanguageModel, LlmError, OnText, Prompt};
use crate::gemini::{GeminiClient, GeminiError, ThinkingLevel, Writing};
use async_trait::async_trait;

/// Writes with one or several models of Gemini.
#[derive(Debug)]
pub struct GeminiModel {
    client: GeminiClient,
    models: Vec<String>,
    thinking: Option<ThinkingLevel>,
}

impl GeminiModel {
    /// The models that write answers: `GEMINI_MODEL`, then `GEMINI_FALLBACK_MODELS`.
    pub fn answers(client: GeminiClient) -> Self {
        let config = client.config();
        let (models, thinking) = (config.answer_models.clone(), Some(config.thinking_level));
        Self { client, models, thinking }
    }

    /// The model for small tasks: `GEMINI_CHEAP_MODEL`, thinking as little as it does by itself.
    pub fn cheap(client: GeminiClient) -> Self {
        let models = vec![client.config().cheap_model.clone()];
        Self { client, models, thinking: None }
    }

    /// The models in the order they are asked.
    pub fn models(&self) -> &[String] {
        &self.models
    }

    /// Has one model write, trying again as long as that may help.
    async fn ask(&self, model: &str, writing: &Writing<'_>, on_text: OnText<'_>) -> Result<Generated, GeminiError> {
        let mut attempts = self.client.config().interactive.start();
        loop {
            let error = match self.client.write(model, writing, on_text).await {
                Ok(written) => {
                    return Ok(Generated { text: written.text, model: model.to_owned(), truncated: written.truncated });
                }
                Err(error) => error,
            };
            let Some(delay) = attempts.after(&error) else { return Err(error) };
            tracing::debug!(model, %error, ?delay, "writing failed; trying again");
            tokio::time::sleep(delay).await;
        }
    }
}

#[async_trait]
impl LanguageModel for GeminiModel {
    /// What the smallest model of the chain takes: any of them may have to do.
    fn token_budget(&self, wished: Option<&str>) -> usize {
        let models = wished.into_iter().chain(self.models.iter().map(String::as_str));
        models.map(|model| self.client.token_budget(model)).min().unwrap_or(super::SMALLEST_TOKEN_BUDGET)
    }

    async fn generate(&self, prompt: &Prompt, on_text: OnText<'_>) -> Result<Generated, LlmError> {
        let writing = Writing {
            system: &prompt.system,
            history: &prompt.history,
            user: &prompt.user,
            max_output_tokens: prompt.max_output_tokens,
            thinking: self.thinking,
        };
        let mut failures = Vec::new();
        let wished = prompt.model.as_ref();
        let others = self.models.iter().filter(|model| Some(*model) != wished);
        for model in wished.into_iter().chain(others) {
            match self.ask(model, &writing, on_text).await {
                Ok(generated) => return Ok(generated),
                // What is wrong with a model of a server's own choice is not wrong with the operator's.
                Err(error) if Some(model) == wished && !matches!(error, GeminiError::Blocked(_)) => {
                    tracing::warn!(model, %error, "the model that a server wishes for gave no answer");
                    failures.push(error);
                }
                Err(GeminiError::Blocked(reason)) => return Err(LlmError::Declined(reason)),
                Err(error) if !another_may_answer(&error) => return Err(LlmError::Refused(error.to_string())),
                Err(error) => {
                    tracing::warn!(model, %error, "the model gave no answer");
                    failures.push(error);
                }
            }
        }
        let message = failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        // Waiting mends the one thing, and only people mend the other.
        if failures.iter().any(|error| matches!(error, GeminiError::Transient { .. } | GeminiError::QuotaPerDay { .. }))
        {
            Err(LlmError::Unavailable(message))
        } else {
            Err(LlmError::Refused(message))
        }
    }
}

/// Whether the next model of the chain may do what this one did not.
fn another_may_answer(error: &GeminiError) -> bool {
    match error {
        GeminiError::Transient { .. } | GeminiError::QuotaPerDay { .. } | GeminiError::NoRoom(_) => true,
        // This model is gone, or not for this key; another may be neither.
        GeminiError::Configuration { status, .. } => matches!(status, Some(403 | 404)),
        GeminiError::Permanent { .. } | GeminiError::Blocked(_) => false,
    }
}
