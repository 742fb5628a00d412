//! Why a file was not read.

use super::FILES;
use metrics::{counter, describe_counter};

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Skipped {
    /// It is of a kind that is not read, such as a picture.
    #[error("files of this kind are not read")]
    Kind,
    /// It has no address, or one that files are not fetched from.
    #[error("its address is none that files are fetched from")]
    Address,
    /// It is larger than may be read.
    #[error("it is larger than ATTACHMENT_MAX_BYTES")]
    TooLarge,
    /// It is there no more, or its link has expired.
    #[error("it is there no more, or its link has expired")]
    Gone,
    /// It could not be fetched, however often that was tried.
    #[error("it could not be fetched")]
    Failed,
    /// It took too long.
    #[error("it took longer than ATTACHMENT_TIMEOUT_SECONDS")]
    Slow,
    /// Very many others were slow before it.
    #[error("too many files before it were slow")]
    Busy,
    /// It has another content than its name says: no text.
    #[error("it is no text")]
    Binary,
    /// It is damaged, encrypted, or made to be expensive.
    #[error("it is damaged, encrypted or too complex")]
    Unreadable,
    /// The code that reads it panicked.
    #[error("its reader panicked")]
    Panicked,
    /// Nothing stands in it.
    #[error("it has no text")]
    Empty,
}

impl Skipped {
    const ALL: [Self; 11] = [
        Self::Kind,
        Self::Address,
        Self::TooLarge,
        Self::Gone,
        Self::Failed,
        Self::Slow,
        Self::Busy,
        Self::Binary,
        Self::Unreadable,
        Self::Panicked,
        Self::Empty,
    ];

    /// A short fixed name, for metrics.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Address => "address",
            Self::TooLarge => "too_large",
            Self::Gone => "gone",
            Self::Failed => "failed",
            Self::Slow => "slow",
            Self::Busy => "busy",
            Self::Binary => "binary",
            Self::Unreadable => "unreadable",
            Self::Panicked => "panicked",
            Self::Empty => "empty",
        }
    }
}

/// Tells the recorder of the metric, and shows every outcome from the start.
pub(crate) fn describe() {
    describe_counter!(FILES, "Files on messages, by whether they were read and why not");
    for reason in ["none", "cut"] {
        counter!(FILES, "outcome" => "read", "reason" => reason).increment(0);
    }
    for skipped in Skipped::ALL {
        counter!(FILES, "outcome" => "skipped", "reason" => skipped.reason()).increment(0);
    }
}
