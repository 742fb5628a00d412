//! Restores a record from its dead letter.

use super::Letter;
use crate::{
    bus::{Headers, OutRecord, Record},
    worker::dead_letter::header,
};

/// The original record with one more replay counted. It keeps its partition: events published on every partition must
/// return to their own.
pub(super) fn of(letter: &Letter, record: &Record) -> OutRecord {
    let mut headers = record.headers.clone();
    // The provenance follows the record's own headers, which may have any name.
    for name in header::PROVENANCE {
        if let Some(last) = headers.0.iter().rposition(|(header, _)| header == name) {
            headers.0.remove(last);
        }
    }
    let mut headers = Headers(headers.0.into_iter().filter(|(name, _)| name != header::REPLAYS).collect());
    headers.push(header::REPLAYS, letter.replays.saturating_add(1).to_string());
    OutRecord {
        topic: letter.topic.clone(),
        partition: letter.partition,
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
    }
}
