//! `GET /models`.

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
    /// With its prefix `models/`.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) supported_generation_methods: Vec<String>,
    /// How many tokens it reads.
    #[serde(default)]
    pub(crate) input_token_limit: Option<usize>,
}
