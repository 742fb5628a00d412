//! Errors of a client.

use crate::{
    bus::BusError,
    event::QueryId,
    resilience::{Class, Classify},
};
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The answer did not arrive in time. A later answer is ignored.
    #[error("no answer to {query_id} within {patience:?}")]
    Timeout {
        query_id: QueryId,
        /// How long the client waited.
        patience: Duration,
    },
    /// This client is already waiting for a question of this id.
    #[error("question {0} is already in flight; give each question its own id, or none")]
    Duplicate(QueryId),
    #[error("failed to encode the event: {0}")]
    Encode(#[source] serde_json::Error),
    #[error(transparent)]
    Bus(#[from] BusError),
    /// Answers are no longer received: the bus needs a person. The next question tries again.
    #[error("answers are no longer received: {0}")]
    Stopped(String),
}

impl ClientError {
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }
}

impl Classify for ClientError {
    fn class(&self) -> Class {
        match self {
            Self::Timeout { .. } => Class::Transient,
            Self::Duplicate(_) | Self::Encode(_) => Class::Permanent,
            Self::Bus(error) => error.class(),
            Self::Stopped(_) => Class::DependencyDown,
        }
    }
}
