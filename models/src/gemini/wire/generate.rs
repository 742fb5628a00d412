//! JSON of the `streamGenerateContent` method. It has no `temperature`, `topP` or `topK`, because they are
//! deprecated.

use super::{Part, WireContent};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GenerateRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system_instruction: Option<WireContent>,
    pub(crate) contents: Vec<WireContent>,
    pub(crate) generation_config: GenerationConfig,
    pub(crate) safety_settings: [SafetySetting; 4],
    /// Whether Google stores the request. Always false, because the prompt holds other people's messages.
    pub(crate) store: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GenerationConfig {
    pub(crate) max_output_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thinking_config: Option<ThinkingConfig>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThinkingConfig {
    pub(crate) thinking_level: &'static str,
    pub(crate) include_thoughts: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct SafetySetting {
    pub(crate) category: &'static str,
    pub(crate) threshold: &'static str,
}

/// Thresholds apply to these categories. People quote each other, so only plainly harmful content is blocked.
pub(crate) const SAFETY: [&str; 4] = [
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct GenerateResponse {
    pub(crate) candidates: Vec<ResponseCandidate>,
    pub(crate) prompt_feedback: Option<PromptFeedback>,
    pub(crate) usage_metadata: Option<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResponseCandidate {
    pub(crate) content: Option<CandidateContent>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) index: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CandidateContent {
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PromptFeedback {
    pub(crate) block_reason: Option<String>,
}

/// Token counts of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Usage {
    pub(crate) prompt_token_count: u64,
    pub(crate) candidates_token_count: u64,
    pub(crate) thoughts_token_count: u64,
    pub(crate) cached_content_token_count: u64,
}
