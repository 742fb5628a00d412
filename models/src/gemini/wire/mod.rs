//! The API's JSON. Requests are written exactly as it wants them; responses are read leniently, so that
//! new fields and values don't break anything.

pub(crate) mod embed;
pub(crate) mod error;
pub(crate) mod generate;
pub(crate) mod models;

use serde::{Deserialize, Serialize};

/// Parts of a text with the role of who says them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Content {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<&'static str>,
    pub(crate) parts: Vec<Part>,
}

/// A piece of text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    #[serde(default)]
    pub(crate) text: String,
    /// What the model thought, not what it says.
    #[serde(default, skip_serializing)]
    pub(crate) thought: bool,
}

impl Content {
    /// One text.
    pub(crate) fn text(role: Option<&'static str>, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part { text: text.into(), thought: false }] }
    }
}
