//! What travels: a key, a value and headers, all bytes.

use super::{BusError, topics::is_for_dead_letters};
use bytes::Bytes;
use jiff::Timestamp;
use std::sync::Arc;

/// One partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition `partition` of `topic`.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl std::fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}]", self.topic, self.partition)
    }
}

/// Headers in their order; a name may stand more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, Bytes)>);

impl Headers {
    /// Adds a header at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Bytes>) {
        self.0.push((name.into(), value.into()));
    }

    /// The newest value of that name.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().rev().find(|(header, _)| header == name).map(|(_, value)| value)
    }

    /// The newest value of that name, when it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// The largest record that every bus takes, by [`OutRecord::size`]: what a stock Kafka broker accepts in a
/// batch (1,048,588 bytes) less room for the batch's own frame.
pub const MAX_RECORD_BYTES: usize = 1_040_000;

/// The largest dead letter. Far beyond [`MAX_RECORD_BYTES`], because it has headers of its own besides and
/// because other clients send what is larger: a broker judges the size after compression.
pub(crate) const MAX_DEAD_LETTER_BYTES: usize = 8 << 20;

/// What a header takes beside its bytes: the two ends of a name and of a value, each an allocation.
const HEADER_BYTES: usize = 64;

/// What a record takes beside its bytes: itself and its places in queues.
const RECORD_BYTES: usize = 128;

/// A record on its way to the bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutRecord {
    /// Where to.
    pub topic: String,
    /// A partition of its own choice, or by key.
    pub partition: Option<i32>,
    /// What keeps its order.
    pub key: Option<Bytes>,
    /// What is said; none is a tombstone.
    pub value: Option<Bytes>,
    /// What is known about it.
    pub headers: Headers,
}

impl OutRecord {
    /// Bytes of key, value and headers together: what counts against the bus's limit.
    pub fn size(&self) -> usize {
        size(self.key.as_ref(), self.value.as_ref(), &self.headers)
    }

    /// Refuses a record over [`MAX_RECORD_BYTES`], on a dead-letter topic over [`MAX_DEAD_LETTER_BYTES`].
    pub(crate) fn check_size(&self) -> Result<(), BusError> {
        let size = self.size();
        let limit = if is_for_dead_letters(&self.topic) { MAX_DEAD_LETTER_BYTES } else { MAX_RECORD_BYTES };
        if size <= limit {
            return Ok(());
        }
        Err(BusError::TooLarge { topic: self.topic.clone(), size, limit })
    }
}

/// A record as a consumer hears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it lies.
    pub at: TopicPartition,
    /// Its offset there.
    pub offset: i64,
    /// When it was published, milliseconds exact.
    pub timestamp: Timestamp,
    /// What keeps its order.
    pub key: Option<Bytes>,
    /// What is said; none is a tombstone.
    pub value: Option<Bytes>,
    /// What is known about it.
    pub headers: Headers,
}

impl Record {
    /// Bytes of key, value and headers together.
    pub fn size(&self) -> usize {
        size(self.key.as_ref(), self.value.as_ref(), &self.headers)
    }

    /// What it costs in memory, roughly: a header takes more than its bytes, and so does a record, else many
    /// that are nearly empty would pass every bound.
    pub(crate) fn footprint(&self) -> usize {
        self.size() + self.headers.0.len() * HEADER_BYTES + RECORD_BYTES
    }
}

fn size(key: Option<&Bytes>, value: Option<&Bytes>, headers: &Headers) -> usize {
    let headers: usize = headers.0.iter().map(|(name, value)| name.len() + value.len()).sum();
    key.map_or(0, Bytes::len) + value.map_or(0, Bytes::len) + headers
}
