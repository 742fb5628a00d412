//! What a pipeline brings to the loop: how to read a record, which records must keep their order, and
//! what to do with them.

use crate::{
    bus::Record,
    event::DecodeError,
    resilience::{Class, Classify},
};
use async_trait::async_trait;

/// A pipeline's own part of the consumer loop. Every effect must be idempotent: after a crash or a
/// rebalance the same record is handled again.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// A record as this pipeline understands it.
    type Item: Send + Sync + 'static;

    /// Reads a record. A failure here is final: the record goes to the dead-letter topic.
    fn decode(&self, record: &Record) -> Result<Self::Item, Failure>;

    /// Records of one lane are handled in order, different lanes at the same time. The default is the
    /// record's key, or its partition without one.
    fn lane(&self, record: &Record, _item: &Self::Item) -> Vec<u8> {
        record.key.as_ref().map_or_else(|| record.at.partition.to_be_bytes().to_vec(), |key| key.to_vec())
    }

    /// The question that an item is about, for the logs.
    fn query_id(&self, _item: &Self::Item) -> Option<String> {
        None
    }

    /// Handles records of one lane in order; more than one only where the policy's batch size allows. It
    /// returns when the effects are durable. A permanent failure of several records is taken apart by
    /// handling each alone, so that only the one at fault is dead-lettered. A dependency that is down stops
    /// every lane of the worker until a probe succeeds: whoever must do without it in time handles that here.
    async fn handle(&self, batch: &[Self::Item]) -> Result<(), Failure>;
}

/// Why a record was not handled, and what that means.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}: {error}")]
pub struct Failure {
    /// What to do about it.
    pub class: Class,
    /// A short fixed name for the kind of fault: a metric's label and a dead letter's header.
    pub reason: &'static str,
    /// What happened, for people.
    pub error: String,
}

impl Failure {
    /// A failure of the class that the error says it is.
    pub fn of(reason: &'static str, error: &(impl Classify + std::fmt::Display)) -> Self {
        Self { class: error.class(), reason, error: error.to_string() }
    }

    /// The record can never be handled.
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
