//! The note that a letter is settled: a record of its own on the same partition, without key and value.

use crate::{
    bus::{Headers, OutRecord, Record, TopicPartition},
    worker::dead_letter::header,
};
use jiff::Timestamp;

/// The offset of the letter on the same partition.
const OFFSET: &str = "dlq-settled-offset";
/// How it was settled.
const HOW: &str = "dlq-settled-as";
/// When, RFC 3339.
const WHEN: &str = "dlq-settled-at";

/// How a letter was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It lies on its topic again.
    Replayed,
    /// Somebody decided to lose it.
    Dropped,
}

impl Settled {
    /// The word in the header, and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::Dropped => "dropped",
        }
    }
}

/// The note for the letter at `offset`.
pub(super) fn note(at: &TopicPartition, offset: i64, how: Settled) -> OutRecord {
    let mut headers = Headers::default();
    headers.push(OFFSET, offset.to_string());
    headers.push(HOW, how.as_str());
    headers.push(WHEN, Timestamp::now().to_string());
    OutRecord { topic: at.topic.to_string(), partition: Some(at.partition), headers, ..OutRecord::default() }
}

/// Reads a note. A dead letter is never taken for one, whatever headers its producer gave it: it says why it is
/// dead. Nor does a note reach forward, to letters that were not there yet.
pub(super) fn read(record: &Record) -> Option<(i64, Settled)> {
    let is_note = record.key.is_none() && record.value.is_none() && record.headers.get(header::REASON).is_none();
    let offset = record.headers.text(OFFSET)?.parse().ok()?;
    let how = match record.headers.text(HOW)? {
        "replayed" => Settled::Replayed,
        "dropped" => Settled::Dropped,
        _ => return None,
    };
    (is_note && offset < record.offset).then_some((offset, how))
}
