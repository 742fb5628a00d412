//! What can go wrong between a program and the system.

use crate::{
    bus::BusError,
    event::QueryId,
    resilience::{Class, Classify},
};
use std::time::Duration;

/// Why a client did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answered in time. The question may still be answered later, to nobody.
    #[error("no answer to {query_id} within {patience:?}")]
    Timeout {
        /// The question.
        query_id: QueryId,
        /// How long it was waited for.
        patience: Duration,
    },
    /// A question of this id is under way already in this client.
    #[error("question {0} is being asked already; give each question an id of its own, or none")]
    Duplicate(QueryId),
    /// An event that cannot be written as JSON.
    #[error("the event cannot be encoded: {0}")]
    Encode(#[source] serde_json::Error),
    /// The bus refused or is away.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// Answers are heard no more, since somebody must mend the bus first. The next question tries anew.
    #[error("answers are not heard any more: {0}")]
    Stopped(String),
}

impl ClientError {
    /// Whether it was only that nobody answered in time.
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
