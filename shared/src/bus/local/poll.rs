//! One poll of the file by a consumer: changes and the next records.

use super::{
    error::WorkError,
    headers,
    membership::{self, MemberKey, PartitionAssignment},
};
use crate::bus::{BusError, Headers, Record, TopicPartition};
use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Bytes of records in one poll; each partition gets at least one record.
pub(super) const MOST_BYTES: usize = 4 << 20;

#[derive(Debug)]
pub(super) struct PollRequest {
    /// Ids and names of the topics, which must still exist.
    pub(super) topics: Vec<(i64, String)>,
    /// The member and its group's last known generation.
    pub(super) member: Option<(MemberKey, i64)>,
    pub(super) wants: Vec<FetchRequest>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct FetchRequest {
    pub(super) partition: i64,
    pub(super) from: i64,
    pub(super) most: usize,
}

#[derive(Debug)]
pub(super) struct PollResult {
    /// The first topic that was deleted.
    pub(super) gone: Option<String>,
    /// The group's generation and assignments, if new.
    pub(super) assignments: Option<(i64, Vec<PartitionAssignment>)>,
    /// Whether the member was removed from its group.
    pub(super) expelled: bool,
    pub(super) found: Vec<FetchedRecords>,
}

#[derive(Debug)]
pub(super) struct FetchedRecords {
    pub(super) want: FetchRequest,
    pub(super) records: Vec<StoredRecord>,
    /// Whether the partition has no more records.
    pub(super) at_end: bool,
}

#[derive(Debug)]
pub(super) struct StoredRecord {
    pub(super) offset: i64,
    pub(super) timestamp: Timestamp,
    pub(super) key: Option<Bytes>,
    pub(super) value: Option<Bytes>,
    pub(super) headers: Headers,
}

impl StoredRecord {
    pub(super) fn size(&self) -> usize {
        self.key.as_ref().map_or(0, Bytes::len) + self.value.as_ref().map_or(0, Bytes::len)
    }

    pub(super) fn into_record(self, at: TopicPartition) -> Record {
        let Self { offset, timestamp, key, value, headers } = self;
        Record { at, offset, timestamp, key, value, headers }
    }
}

pub(super) fn poll(connection: &Connection, request: &PollRequest) -> Result<PollResult, WorkError> {
    let mut seen = PollResult { gone: None, assignments: None, expelled: false, found: Vec::new() };
    for (id, name) in &request.topics {
        if !connection.prepare_cached("SELECT 1 FROM topics WHERE id = ?1")?.exists([id])? {
            seen.gone = Some(name.clone());
            return Ok(seen);
        }
    }
    if let Some((member, known)) = &request.member {
        match membership::assignments(connection, member, *known)? {
            None => seen.expelled = true,
            news => seen.assignments = news.filter(|(generation, _)| generation != known),
        }
    }
    let each = MOST_BYTES / request.wants.len().max(1);
    for want in &request.wants {
        seen.found.push(fetch(connection, *want, each)?);
    }
    Ok(seen)
}

/// The next records of a partition, up to approximately `most_bytes`.
pub(super) fn fetch(
    connection: &Connection,
    want: FetchRequest,
    most_bytes: usize,
) -> Result<FetchedRecords, WorkError> {
    let mut select = connection.prepare_cached(
        "SELECT offset, timestamp, key, value, headers FROM records WHERE partition = ?1 AND offset >= ?2 \
         ORDER BY offset LIMIT ?3",
    )?;
    let mut rows = select.query(params![want.partition, want.from, i64::try_from(want.most).unwrap_or(i64::MAX)])?;
    let mut found = FetchedRecords { want, records: Vec::new(), at_end: false };
    let mut bytes = 0;
    while bytes < most_bytes {
        let Some(row) = rows.next()? else {
            found.at_end = found.records.len() < want.most;
            break;
        };
        let blob = |column| row.get_ref(column)?.as_blob_or_null().map_err(rusqlite::Error::from);
        let key = blob(2)?.map(Bytes::copy_from_slice);
        let value = blob(3)?.map(Bytes::copy_from_slice);
        let headers = blob(4)?;
        bytes +=
            key.as_ref().map_or(0, Bytes::len) + value.as_ref().map_or(0, Bytes::len) + headers.map_or(0, <[u8]>::len);
        let offset = row.get(0)?;
        let damaged =
            |part| BusError::Fatal(format!("the local bus is damaged: record {offset} has no readable {part}"));
        let headers = match headers {
            Some(blob) => headers::decode(blob).ok_or_else(|| damaged("headers"))?,
            None => Headers::default(),
        };
        let timestamp = Timestamp::from_millisecond(row.get(1)?).map_err(|_| damaged("timestamp"))?;
        found.records.push(StoredRecord { offset, timestamp, key, value, headers });
    }
    Ok(found)
}
