//! JSON of the `batchEmbedContents` method.

use super::WireContent;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize)]
pub(crate) struct BatchRequest {
    pub(crate) requests: Vec<EmbedRequest>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmbedRequest {
    /// The name with its `models/` prefix.
    pub(crate) model: String,
    pub(crate) content: WireContent,
    /// Set for the older model only; newer ones reject it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) task_type: Option<&'static str>,
    pub(crate) output_dimensionality: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct BatchResponse {
    #[serde(default)]
    pub(crate) embeddings: Vec<Embedding>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Embedding {
    #[serde(default)]
    pub(crate) values: Vec<f32>,
}
