//! The failures of a store, and the class by which callers retry or dead-letter.

use rtfm_shared::{
    event::MessageId,
    resilience::{Class, Classify},
};

/// A failed operation of the message store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is unreachable or overloaded; a retry can succeed.
    #[error("the message store is unavailable: {0}")]
    Unavailable(String),
    /// The store rejected the input; a retry fails in the same way.
    #[error("the message store refused the request: {0}")]
    Refused(String),
    /// The stored data does not fit this program (another version, another embedder, damage), or a setting is wrong.
    /// An operator has to act.
    #[error("the message store cannot be used: {0}")]
    Unusable(String),
}

impl StoreError {
    /// The `outcome` label in metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Refused(_) => "refused",
            Self::Unusable(_) => "unusable",
        }
    }

    /// The refusal of a message whose id no store can use as a key.
    pub(super) fn not_a_snowflake(id: &MessageId) -> Self {
        Self::Refused(format!("message id {:?} is not a snowflake", id.0))
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
