//! The API's JSON. Requests follow the API's schema exactly; responses tolerate new fields and values.

pub(crate) mod embed;
pub(crate) mod error;
pub(crate) mod generate;
pub(crate) mod models;

use serde::{Deserialize, Serialize};

/// A message: its parts and the role of its speaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct WireContent {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<&'static str>,
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    #[serde(default)]
    pub(crate) text: String,
    /// Whether the part is the model's thinking instead of its answer.
    #[serde(default, skip_serializing)]
    pub(crate) thought: bool,
}

impl WireContent {
    /// A message with one part.
    pub(crate) fn text(role: Option<&'static str>, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part { text: text.into(), thought: false }] }
    }
}
