//! One look into the file for a consumer: what has changed for it, and the next records.

use super::{
    error::WorkError,
    headers,
    membership::{self, MemberKey, PartitionAssignment},
};
use crate::bus::{BusError, Headers, Record, TopicPartition};
use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Bytes of records in one look; each partition gets at least one record.
pub(super) const MOST_BYTES: usize = 4 << 20;

/// What to look for.
#[derive(Debug)]
pub(super) struct PollRequest {
    /// The topics by id and name; they must still be there.
    pub(super) topics: Vec<(i64, String)>,
    /// The member, and the generation of its group that it knows.
    pub(super) member: Option<(MemberKey, i64)>,
    /// The records that are wanted.
    pub(super) wants: Vec<FetchRequest>,
}

/// Records wanted of a partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct FetchRequest {
    pub(super) partition: i64,
    pub(super) from: i64,
    pub(super) most: usize,
}

/// What was seen.
#[derive(Debug)]
pub(super) struct PollResult {
    /// The first topic that is gone.
    pub(super) gone: Option<String>,
    /// The group's generation, and its assignments if that is news.
    pub(super) assignments: Option<(i64, Vec<PartitionAssignment>)>,
    /// Whether the member is still in its group.
    pub(super) expelled: bool,
    /// The records found.
    pub(super) found: Vec<FetchedRecords>,
}

/// Records of a partition.
#[derive(Debug)]
pub(super) struct FetchedRecords {
    pub(super) want: FetchRequest,
    pub(super) records: Vec<StoredRecord>,
    /// Whether there were no more.
    pub(super) at_end: bool,
}

/// A record as the file has it.
#[derive(Debug)]
pub(super) struct StoredRecord {
    pub(super) offset: i64,
    pub(super) timestamp: Timestamp,
    pub(super) key: Option<Bytes>,
    pub(super) value: Option<Bytes>,
    pub(super) headers: Headers,
}

impl StoredRecord {
    /// Its bytes, about.
    pub(super) fn size(&self) -> usize {
        self.key.as_ref().map_or(0, Bytes::len) + self.value.as_ref().map_or(0, Bytes::len)
    }

    pub(super) fn into_record(self, at: TopicPartition) -> Record {
        let Self { offset, timestamp, key, value, headers } = self;
        Record { at, offset, timestamp, key, value, headers }
    }
}

/// Looks.
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

/// The next records of one partition, up to so many bytes about.
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
