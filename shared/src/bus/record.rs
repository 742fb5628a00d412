//! Records: a key, a value and headers, all bytes.

use super::{BusError, topics::is_dead_letter_topic};
use bytes::Bytes;
use jiff::Timestamp;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    pub topic: Arc<str>,
    /// The partition, from 0.
    pub partition: i32,
}

impl TopicPartition {
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl std::fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}]", self.topic, self.partition)
    }
}

/// Headers in order; names can repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, Bytes)>);

impl Headers {
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Bytes>) {
        self.0.push((name.into(), value.into()));
    }

    /// The last value of that name.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().rev().find(|(header, _)| header == name).map(|(_, value)| value)
    }

    /// The last value of that name, if it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// The largest record that every bus accepts, by [`OutRecord::size`]: a stock Kafka broker's batch (1,048,588 bytes)
/// less the batch's own frame.
pub const MAX_RECORD_BYTES: usize = 1_040_000;

/// The largest dead letter. Far above [`MAX_RECORD_BYTES`]: it adds headers, and other clients send larger records,
/// because a broker checks the size after compression.
pub(crate) const MAX_DEAD_LETTER_BYTES: usize = 8 << 20;

/// Memory of a header besides its bytes: two allocations.
const HEADER_BYTES: usize = 64;

/// Memory of a record besides its bytes: itself and its queue slots.
const RECORD_BYTES: usize = 128;

/// A record to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutRecord {
    pub topic: String,
    /// The partition; `None` lets the key choose.
    pub partition: Option<i32>,
    /// Records with the same key keep their order.
    pub key: Option<Bytes>,
    /// `None` is a tombstone.
    pub value: Option<Bytes>,
    pub headers: Headers,
}

impl OutRecord {
    /// Bytes of key, value and headers, compared with the bus's limit.
    pub fn size(&self) -> usize {
        size(self.key.as_ref(), self.value.as_ref(), &self.headers)
    }

    /// Refuses a record over [`MAX_RECORD_BYTES`], on a dead-letter topic over [`MAX_DEAD_LETTER_BYTES`].
    pub(crate) fn check_size(&self) -> Result<(), BusError> {
        let size = self.size();
        let limit = if is_dead_letter_topic(&self.topic) { MAX_DEAD_LETTER_BYTES } else { MAX_RECORD_BYTES };
        if size <= limit {
            return Ok(());
        }
        Err(BusError::TooLarge { topic: self.topic.clone(), size, limit })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub at: TopicPartition,
    pub offset: i64,
    /// When it was published, in whole milliseconds.
    pub timestamp: Timestamp,
    /// Records with the same key keep their order.
    pub key: Option<Bytes>,
    /// `None` is a tombstone.
    pub value: Option<Bytes>,
    pub headers: Headers,
}

impl Record {
    /// Bytes of key, value and headers.
    pub fn size(&self) -> usize {
        size(self.key.as_ref(), self.value.as_ref(), &self.headers)
    }

    /// Approximate memory, including the overhead of headers and of the record itself, so that many nearly empty
    /// records also reach the limits.
    pub(crate) fn footprint(&self) -> usize {
        self.size() + self.headers.0.len() * HEADER_BYTES + RECORD_BYTES
    }
}

fn size(key: Option<&Bytes>, value: Option<&Bytes>, headers: &Headers) -> usize {
    let headers: usize = headers.0.iter().map(|(name, value)| name.len() + value.len()).sum();
    key.map_or(0, Bytes::len) + value.map_or(0, Bytes::len) + headers
}
