//! Settlement notes: records on the letter's partition without key and value.

use crate::{
    bus::{Headers, OutRecord, Record, TopicPartition},
    worker::dead_letter::header,
};
use jiff::Timestamp;

const OFFSET: &str = "dlq-settled-offset";
const HOW: &str = "dlq-settled-as";
const WHEN: &str = "dlq-settled-at";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It was published on its topic again.
    Replayed,
    /// An operator discarded it.
    Dropped,
}

impl Settlement {
    /// The header's value, also shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::Dropped => "dropped",
        }
    }
}

pub(super) fn note(at: &TopicPartition, offset: i64, how: Settlement) -> OutRecord {
    let mut headers = Headers::default();
    headers.push(OFFSET, offset.to_string());
    headers.push(HOW, how.as_str());
    headers.push(WHEN, Timestamp::now().to_string());
    OutRecord { topic: at.topic.to_string(), partition: Some(at.partition), headers, ..OutRecord::default() }
}

/// Reads a note. A dead letter has a reason header, so it is never taken for a note, whatever its producer's headers. A
/// note settles only letters before it.
pub(super) fn read(record: &Record) -> Option<(i64, Settlement)> {
    let is_note = record.key.is_none() && record.value.is_none() && record.headers.get(header::REASON).is_none();
    let offset = record.headers.text(OFFSET)?.parse().ok()?;
    let how = match record.headers.text(HOW)? {
        "replayed" => Settlement::Replayed,
        "dropped" => Settlement::Dropped,
        _ => return None,
    };
    (is_note && offset < record.offset).then_some((offset, how))
}
