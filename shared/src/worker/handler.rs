//! A pipeline's part of the worker: decoding, ordering and handling records.

use crate::{
    bus::Record,
    event::DecodeError,
    resilience::{Class, Classify},
};
use async_trait::async_trait;

/// A pipeline's part of the worker loop. Every effect must be idempotent, because a record can be handled again after a
/// crash or a rebalance.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    type Item: Send + Sync + 'static;

    /// Decodes a record. An error is final: the record is dead-lettered.
    fn decode(&self, record: &Record) -> Result<Self::Item, Failure>;

    /// The lane of a record. Records of one lane are handled in order, lanes run concurrently. The default is the
    /// record's key, or its partition without one.
    fn lane(&self, record: &Record, _item: &Self::Item) -> Vec<u8> {
        record.key.as_ref().map_or_else(|| record.at.partition.to_be_bytes().to_vec(), |key| key.to_vec())
    }

    /// The id of the item's question, for logs.
    fn query_id(&self, _item: &Self::Item) -> Option<String> {
        None
    }

    /// Handles records of one lane in order, several only if the policy's batch size allows. Returns when the effects
    /// are durable. After a permanent failure of several records each is handled alone, so that only the faulty one is
    /// dead-lettered. [`Class::DependencyDown`] stops every lane of the worker until a probe succeeds; a handler with a
    /// deadline must handle that case itself.
    async fn handle(&self, batch: &[Self::Item]) -> Result<(), Failure>;
}

/// Why a record was not handled.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}: {error}")]
pub struct Failure {
    /// What to do about it.
    pub class: Class,
    /// A fixed name for the kind of failure: a metric's label and a dead letter's header.
    pub reason: &'static str,
    /// The error, for people.
    pub error: String,
}

impl Failure {
    /// A failure with the error's class.
    pub fn of(reason: &'static str, error: &(impl Classify + std::fmt::Display)) -> Self {
        Self { class: error.class(), reason, error: error.to_string() }
    }

    pub fn permanent(reason: &'static str, error: impl std::fmt::Display) -> Self {
        Self { class: Class::Permanent, reason, error: error.to_string() }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        let reason = match &error {
            DecodeError::NoValue => "no_value",
            DecodeError::Json { .. } => "invalid_json",
            DecodeError::UnknownType(_) => "unknown_type",
            DecodeError::Field { .. } => "invalid_field",
            DecodeError::Header { .. } => "invalid_header",
        };
        Self::permanent(reason, error)
    }
}
