//! Why a file was not read.

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Skipped {
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
    /// Every reason.
    pub const ALL: [Self; 11] = [
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
    pub fn reason(self) -> &'static str {
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
