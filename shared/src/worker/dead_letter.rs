//! Where records go that cannot be handled: to `<topic>.dlq`, whole, with where they came from and why.
//!
//! Key, value and headers are the original's, byte for byte; the provenance stands in headers of its own
//! behind them. Only what no bus takes whole is cut short, and says so. A record counts as done only when its dead letter is durable.

use super::{Failure, meters};
use crate::{
    bus::{Bus, BusError, OutRecord, Record, topics::dead_letters_of},
    resilience::Backoff,
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// The headers that a dead letter has besides its own.
pub mod header {
    /// The topic it could not be handled on.
    pub const TOPIC: &str = "dlq-topic";
    /// Its partition there, a number as text.
    pub const PARTITION: &str = "dlq-partition";
    /// Its offset there, a number as text.
    pub const OFFSET: &str = "dlq-offset";
    /// When it was published there, RFC 3339.
    pub const TIMESTAMP: &str = "dlq-timestamp";
    /// The short fixed name of the fault.
    pub const REASON: &str = "dlq-reason";
    /// What happened, for people; long ones are shortened.
    pub const ERROR: &str = "dlq-error";
    /// How often handling was tried; 0 when the record could not even be read.
    pub const ATTEMPTS: &str = "dlq-attempts";
    /// The pipeline that gave up.
    pub const SERVICE: &str = "dlq-service";
    /// The pipeline's version.
    pub const VERSION: &str = "dlq-version";
    /// When it gave up, RFC 3339.
    pub const FAILED_AT: &str = "dlq-failed-at";
    /// Only on a letter that no bus takes whole: how many bytes the record had, a number as text. Such a letter
    /// has the beginning of its value and cannot be replayed; the whole lies where the others say, for as long
    /// as its topic keeps it.
    pub const CUT: &str = "dlq-cut";
    /// How often the record was put back on its topic. It travels with the record, so that a dead letter
    /// tells whether it was one before.
    pub const REPLAYS: &str = "dlq-replays";

    /// What [`super`] adds to a record's own headers, in that order.
    pub const PROVENANCE: [&str; 10] =
        [TOPIC, PARTITION, OFFSET, TIMESTAMP, REASON, ERROR, ATTEMPTS, SERVICE, VERSION, FAILED_AT];
}

/// The longest error text that is kept, so that a record close to the bus's limit still fits with it.
const LONGEST_ERROR: usize = 512;
/// What is kept of a value, of a key and of headers that are too large to be kept whole.
const LONGEST_PART: usize = 256 << 10;

/// The road to the dead-letter topics.
#[derive(Debug)]
pub(super) struct DeadLetterWriter {
    pub(super) bus: Arc<dyn Bus>,
    pub(super) service: String,
    pub(super) first_delay: Duration,
    pub(super) longest_delay: Duration,
}

impl DeadLetterWriter {
    /// Writes the dead letter and returns when it is durable. It is tried until it succeeds, whatever
    /// stands in the way; false when `stop` came first, and then the record is not done.
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
                tracing::error!(origin = %record.at, offset = record.offset, %error, "a dead letter is cut short");
                letter = cut(letter, record);
                whole = false;
                continue;
            }
            let delay = delays.next_delay();
            tracing::error!(
                topic = letter.topic, origin = %record.at, offset = record.offset, bytes = letter.size(), %error, ?delay,
                "a dead letter cannot be written: its partition is not committed past it; trying again"
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
        topic: dead_letters_of(&record.at.topic),
        partition: None,
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
    }
}

/// A letter of a size that every bus takes: the beginning of the value, and of headers and key what is of
/// ordinary size.
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
