//! Errors of requests to Gemini.

use jiff::Timestamp;
use rtfm_shared::resilience::{Class, Classify};
use std::time::Duration;

/// A failed request. Never contains the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeminiError {
    /// A retry may help.
    #[error("{message}")]
    Transient {
        /// The cause, for logs.
        message: String,
        /// The delay that the API asks for, when it names one.
        retry_after: Option<Duration>,
    },
    /// A model's daily quota is used up.
    #[error("the daily quota of {model} is used up until {until}")]
    QuotaPerDay {
        /// The name of the model.
        model: String,
        /// The time of the next reset.
        until: Timestamp,
    },
    /// The API rejected the request itself.
    #[error("HTTP {status}: {message}")]
    Permanent {
        /// The status of the response.
        status: u16,
        /// The status name and message of the API.
        message: String,
    },
    /// The key, the project or a setting is wrong; a person must fix it.
    #[error("{message}")]
    Configuration {
        /// The HTTP status, when the server responded.
        status: Option<u16>,
        /// The cause and the variable to check.
        message: String,
    },
    /// The model does not answer this prompt; the reason is the API's own word.
    #[error("blocked: {0}")]
    Blocked(String),
    /// The model used up its output limit before it wrote any text.
    #[error("the limit of {0} output tokens was used up before any text was written")]
    OutputLimit(u32),
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
            Self::OutputLimit(_) => "no_room",
        }
    }
}

impl Classify for GeminiError {
    fn class(&self) -> Class {
        match self {
            Self::Transient { .. } => Class::Transient,
            Self::QuotaPerDay { .. } | Self::Configuration { .. } => Class::DependencyDown,
            Self::Permanent { .. } | Self::Blocked(_) | Self::OutputLimit(_) => Class::Permanent,
        }
    }
}
