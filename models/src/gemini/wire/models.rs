//! JSON of the `GET /models` method.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelsPage {
    #[serde(default)]
    pub(crate) models: Vec<ModelEntry>,
    #[serde(default)]
    pub(crate) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelEntry {
    /// The name with its `models/` prefix.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) supported_generation_methods: Vec<String>,
    /// The input limit in tokens.
    #[serde(default)]
    pub(crate) input_token_limit: Option<usize>,
}
