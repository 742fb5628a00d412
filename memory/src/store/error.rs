//! What can go wrong with a store, and what it means for the caller.

use rtfm_shared::resilience::{Class, Classify};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is away or overloaded; waiting may mend it.
    #[error("the message store is unavailable: {0}")]
    Unavailable(String),
    /// The store refused what it was given; it always will.
    #[error("the message store refused the request: {0}")]
    Refused(String),
    /// The store was made by another version or with another embedder, or a setting is wrong.
    #[error("the message store cannot be used: {0}")]
    Unusable(String),
}

impl StoreError {
    /// A short fixed name, for metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Refused(_) => "refused",
            Self::Unusable(_) => "unusable",
        }
    }
}

impl Classify for StoreError {
    fn class(&self) -> Class {
        match self {
            Self::Unavailable(_) | Self::Unusable(_) => Class::DependencyDown,
            Self::Refused(_) => Class::Permanent,
        }
    }
}
