//! What can go wrong with a request to Gemini, and what it means.

use jiff::Timestamp;
use rtfm_shared::resilience::{Class, Classify};
use std::time::Duration;

/// A failed request. Never contains the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeminiError {
    /// Trying again may help.
    #[error("{message}")]
    Transient {
        /// What happened.
        message: String,
        /// How long the API wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The day's quota of a model is used up.
    #[error("the daily quota of {model} is used up until {until}")]
    QuotaPerDay {
        /// The model.
        model: String,
        /// When the quota returns.
        until: Timestamp,
    },
    /// The request itself is at fault.
    #[error("HTTP {status}: {message}")]
    Permanent {
        /// The HTTP status.
        status: u16,
        /// What the API says about it.
        message: String,
    },
    /// The key, the project or a setting is at fault: somebody must mend it.
    #[error("{message}")]
    Configuration {
        /// The HTTP status, when there was an answer.
        status: Option<u16>,
        /// What is wrong and which variable to look at.
        message: String,
    },
    /// The model will not answer this; the reason is the API's own word.
    #[error("blocked: {0}")]
    Blocked(String),
    /// The token limit was reached before a word was written.
    #[error("the limit of {0} output tokens was used up before any text was written")]
    NoRoom(u32),
}

impl GeminiError {
    pub(crate) fn transient(message: impl Into<String>) -> Self {
        Self::Transient { message: message.into(), retry_after: None }
    }

    /// A short fixed name: the `outcome` label of the metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Transient { retry_after: Some(_), .. } => "rate_limited",
            Self::Transient { .. } => "transient",
            Self::QuotaPerDay { .. } => "quota_per_day",
            Self::Permanent { .. } => "permanent",
            Self::Configuration { .. } => "configuration",
            Self::Blocked(_) => "blocked",
            Self::NoRoom(_) => "no_room",
        }
    }
}

impl Classify for GeminiError {
    fn class(&self) -> Class {
        match self {
            Self::Transient { .. } => Class::Transient,
            Self::QuotaPerDay { .. } | Self::Configuration { .. } => Class::DependencyDown,
            Self::Permanent { .. } | Self::Blocked(_) | Self::NoRoom(_) => Class::Permanent,
        }
    }
}
