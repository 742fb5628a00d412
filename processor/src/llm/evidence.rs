//! What an answer may rest on.

use jiff::Timestamp;

/// A message that was retrieved for a question, with the number it is cited by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Its number: `[n]` in prompts and answers.
    pub n: u32,
    /// Who wrote it.
    pub username: String,
    /// Where, when it is known.
    pub channel_name: Option<String>,
    /// When.
    pub timestamp: Timestamp,
    /// What it says.
    pub content: String,
}
