//! Dead letters: records that cannot be handled go whole to `<topic>.dlq`, with origin and reason.
//!
//! Key, value and headers stay byte for byte; provenance headers follow them. Only a record too large for every bus is
//! cut, and marked so. A record is done only once its dead letter is durable.

use super::{Failure, meters};
use crate::{
    bus::{Bus, BusError, OutRecord, Record, topics::dead_letter_topic},
    resilience::Backoff,
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// The headers of a dead letter.
pub mod header {
    /// The topic of the record that failed.
    pub const TOPIC: &str = "dlq-topic";
    /// The origin's partition, a number as text.
    pub const PARTITION: &str = "dlq-partition";
    /// The origin's offset, a number as text.
    pub const OFFSET: &str = "dlq-offset";
    /// When the record was published, RFC 3339.
    pub const TIMESTAMP: &str = "dlq-timestamp";
    /// The fixed name of the failure.
    pub const REASON: &str = "dlq-reason";
    /// The failure, for people, shortened.
    pub const ERROR: &str = "dlq-error";
    /// Attempts made, a number as text; 0 when the record could not be decoded.
    pub const ATTEMPTS: &str = "dlq-attempts";
    /// The name of the pipeline.
    pub const SERVICE: &str = "dlq-service";
    /// The version of the pipeline.
    pub const VERSION: &str = "dlq-version";
    /// When the pipeline failed, RFC 3339.
    pub const FAILED_AT: &str = "dlq-failed-at";
    /// The record's size in bytes, as text, only on a cut letter. It holds the beginning of the value and cannot be
    /// replayed; the whole record is at its origin for as long as the topic keeps it.
    pub const CUT: &str = "dlq-cut";
    /// How often the record was replayed, a number as text. It stays with the record, so that a new dead letter shows
    /// it too.
    pub const REPLAYS: &str = "dlq-replays";

    /// What [`super`] adds to a record's own headers, in this order.
    pub const PROVENANCE: [&str; 10] =
        [TOPIC, PARTITION, OFFSET, TIMESTAMP, REASON, ERROR, ATTEMPTS, SERVICE, VERSION, FAILED_AT];
}

/// Limit in bytes, so that a record close to the bus's limit still fits with its error.
const LONGEST_ERROR: usize = 512;
/// Bytes kept of an oversized value; larger keys and headers are dropped.
const LONGEST_PART: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct DeadLetterWriter {
    pub(super) bus: Arc<dyn Bus>,
    pub(super) service: String,
    pub(super) first_delay: Duration,
    pub(super) longest_delay: Duration,
}

impl DeadLetterWriter {
    /// Writes a dead letter durably, retrying until it succeeds. Returns false when `stop` came first; the record is
    /// then not done.
    pub(super) async fn write(
        &self,
        record: &Record,
        failure: &Failure,
        attempts: u32,
        stop: &CancellationToken,
    ) -> bool {
        let mut letter = dead_letter(record, failure, attempts, &self.service);
        let mut whole = true;
        let mut delays = Backoff::new(self.first_delay, self.longest_delay);
        while let Err(error) = self.bus.publish(letter.clone()).await {
            if whole && matches!(error, BusError::TooLarge { .. }) {
                tracing::error!(origin = %record.at, offset = record.offset, %error, "cutting an oversized dead letter");
                letter = cut(letter, record);
                whole = false;
                continue;
            }
            let delay = delays.next_delay();
            tracing::error!(
                topic = letter.topic, origin = %record.at, offset = record.offset, bytes = letter.size(), %error, ?delay,
                "failed to write a dead letter, retrying; its partition is not committed past it"
            );
            if stop.run_until_cancelled(tokio::time::sleep(delay)).await.is_none() {
                return false;
            }
        }
        meters::dead_lettered(&record.at.topic, failure.reason);
        tracing::warn!(
            topic = letter.topic, origin = %record.at, offset = record.offset, attempts, reason = failure.reason,
            error = failure.error, "dead-lettered"
        );
        true
    }
}

fn dead_letter(record: &Record, failure: &Failure, attempts: u32, service: &str) -> OutRecord {
    let mut headers = record.headers.clone();
    headers.push(header::TOPIC, record.at.topic.to_string());
    headers.push(header::PARTITION, record.at.partition.to_string());
    headers.push(header::OFFSET, record.offset.to_string());
    headers.push(header::TIMESTAMP, record.timestamp.to_string());
    headers.push(header::REASON, failure.reason);
    headers.push(header::ERROR, shortened(&failure.error).to_owned());
    headers.push(header::ATTEMPTS, attempts.to_string());
    headers.push(header::SERVICE, service.to_owned());
    headers.push(header::VERSION, env!("CARGO_PKG_VERSION"));
    headers.push(header::FAILED_AT, Timestamp::now().to_string());
    OutRecord {
        topic: dead_letter_topic(&record.at.topic),
        partition: None,
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
    }
}

/// Cuts a letter to a size that every bus accepts: the beginning of the value, and key and headers unless they are
/// oversized.
fn cut(mut letter: OutRecord, record: &Record) -> OutRecord {
    let own = record.headers.0.len();
    let headers: usize = record.headers.0.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers > LONGEST_PART {
        letter.headers.0.drain(..own);
    }
    letter.headers.push(header::CUT, record.size().to_string());
    letter.key = letter.key.filter(|key| key.len() <= LONGEST_PART);
    letter.value = letter.value.map(|value| value.slice(..value.len().min(LONGEST_PART)));
    letter
}

fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST_ERROR)).unwrap_or_default()
}
