//! The list of models. The service checks it at start, so that a wrong name shows up before the first question.

use super::{
    GeminiClient, GeminiError,
    wire::models::{ModelEntry, ModelsPage},
};

/// A model that the key may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// The name without its `models/` prefix.
    pub name: String,
    /// The methods that it supports, such as `generateContent` and `embedContent`.
    pub methods: Vec<String>,
}

/// A configured model that does not exist or does not support its purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: Gemini has no model {model} that can {purpose}")]
pub struct MissingModel {
    /// The environment variable that configures it.
    pub variable: &'static str,
    /// The name as configured, without `models/`.
    pub model: String,
    /// The purpose: `write` or `embed`.
    pub purpose: &'static str,
}

impl GeminiClient {
    /// Lists all models that the key may use, and stores their input limits.
    pub async fn list_models(&self) -> Result<Vec<ModelInfo>, GeminiError> {
        /// Far above the real number of pages; bounds a server whose pages never end.
        const PAGES: usize = 20;
        let mut models = Vec::new();
        let mut token = String::new();
        for _ in 0..PAGES {
            let mut query = vec![("pageSize", "1000")];
            if !token.is_empty() {
                query.push(("pageToken", token.as_str()));
            }
            let page: ModelsPage = self.get("models", &query).await?;
            for entry in page.models {
                let input_limit = entry.input_token_limit;
                let model = ModelInfo::from(entry);
                input_limit.into_iter().for_each(|tokens| self.set_input_limit(&model.name, tokens));
                models.push(model);
            }
            match page.next_page_token.filter(|token| !token.is_empty()) {
                Some(next) => token = next,
                None => break,
            }
        }
        Ok(models)
    }

    /// The configured models that Gemini lacks or that do not support their purpose.
    pub async fn missing_models(&self) -> Result<Vec<MissingModel>, GeminiError> {
        let models = self.list_models().await?;
        let can = |name: &str, methods: &[&str]| {
            models.iter().any(|model| {
                model.name == name && model.methods.iter().any(|method| methods.contains(&method.as_str()))
            })
        };
        let config = self.config();
        let answers = config.answer_models.iter().enumerate().map(|(n, model)| {
            let variable = if n == 0 { "GEMINI_MODEL" } else { "GEMINI_FALLBACK_MODELS" };
            (variable, model, "write", &["generateContent"][..])
        });
        let chosen = config.server_models.iter();
        let chosen = chosen.map(|model| ("GEMINI_SERVER_MODELS", model, "write", &["generateContent"][..]));
        let others = [
            ("GEMINI_CHEAP_MODEL", &config.cheap_model, "write", &["generateContent"][..]),
            (
                "GEMINI_EMBEDDING_MODEL",
                &config.embedding_model,
                "embed",
                &["embedContent", "batchEmbedContents", "asyncBatchEmbedContent"][..],
            ),
        ];
        Ok(answers
            .chain(chosen)
            .chain(others)
            .filter(|(_, model, _, methods)| !can(model, methods))
            .map(|(variable, model, purpose, _)| MissingModel { variable, model: model.clone(), purpose })
            .collect())
    }
}

impl From<ModelEntry> for ModelInfo {
    fn from(entry: ModelEntry) -> Self {
        let name = entry.name.strip_prefix("models/").unwrap_or(&entry.name).to_owned();
        Self { name, methods: entry.supported_generation_methods }
    }
}
