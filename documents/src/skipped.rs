//! The reasons for skipping a file. Each has a label in the metric, see [`Skipped::reason`].

use serde::{Deserialize, Serialize};

/// The reason for which a file was skipped.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// Files of its kind are not read, such as pictures.
    #[error("files of this kind are not read")]
    Kind,
    /// Its address is malformed, or not one of Discord's.
    #[error("files are not fetched from its address")]
    ForeignAddress,
    /// It is larger than the limit.
    #[error("it is larger than ATTACHMENT_MAX_BYTES")]
    TooLarge,
    /// It is deleted, or its link has expired.
    #[error("it is deleted, or its link has expired")]
    Gone,
    /// Fetching it failed after all retries.
    #[error("it could not be fetched")]
    Failed,
    /// It took too long.
    #[error("it took longer than ATTACHMENT_TIMEOUT_SECONDS")]
    Slow,
    /// The files before it used up the batch's time.
    #[error("too many files before it were slow")]
    BatchTimeout,
    /// Its name promises text, but its content is binary.
    #[error("it is not text")]
    Binary,
    /// It is damaged, encrypted or too complex.
    #[error("it is damaged, encrypted or too complex")]
    Unreadable,
    /// Its reader panicked, or its process was killed. The metric says `panicked` for both.
    #[error("its reader crashed")]
    Crashed,
    /// It has no text.
    #[error("it has no text")]
    Empty,
}

impl Skipped {
    /// Every reason, for labels that are shown from the start.
    pub const ALL: [Self; 11] = [
        Self::Kind,
        Self::ForeignAddress,
        Self::TooLarge,
        Self::Gone,
        Self::Failed,
        Self::Slow,
        Self::BatchTimeout,
        Self::Binary,
        Self::Unreadable,
        Self::Crashed,
        Self::Empty,
    ];

    /// A short fixed name, for metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::ForeignAddress => "address",
            Self::TooLarge => "too_large",
            Self::Gone => "gone",
            Self::Failed => "failed",
            Self::Slow => "slow",
            Self::BatchTimeout => "busy",
            Self::Binary => "binary",
            Self::Unreadable => "unreadable",
            Self::Crashed => "panicked",
            Self::Empty => "empty",
        }
    }
}
