//! Appends records to partitions.

use super::{error::WorkError, headers, partitioner};
use crate::bus::{BusError, OutRecord, Position};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// A topic's id and number of partitions.
pub(super) fn topic(connection: &Connection, name: &str) -> Result<(i64, i32), WorkError> {
    connection
        .prepare_cached("SELECT id, partitions FROM topics WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or_else(|| BusError::UnknownTopic(name.to_owned()).into())
}

/// Whether the topic is compacted, so that every record needs a key.
fn is_compacted(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let mut select = connection.prepare_cached("SELECT compacted FROM topics WHERE name = ?1")?;
    select.query_row([name], |row| row.get(0))
}

/// Appends records in order; writes nothing unless every record has a partition.
pub(super) fn append(connection: &Connection, records: &[OutRecord]) -> Result<Vec<Position>, WorkError> {
    let mut topics = HashMap::new();
    let mut places = Vec::with_capacity(records.len());
    for record in records {
        let name = record.topic.as_str();
        let ((id, partitions), is_compacted) = match topics.get(name) {
            Some(known) => *known,
            None => *topics.entry(name).or_insert((topic(connection, name)?, is_compacted(connection, name)?)),
        };
        if is_compacted && record.key.is_none() {
            return Err(BusError::InvalidRecord(record.topic.clone()).into());
        }
        places.push((id, place(record, partitions)?));
    }
    let mut ends = Ends { connection, next: HashMap::new() };
    let now = Timestamp::now().as_millisecond();
    let mut insert = connection.prepare_cached(
        "INSERT INTO records (partition, offset, timestamp, key, value, headers) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut positions = Vec::with_capacity(records.len());
    for (record, (topic, partition)) in records.iter().zip(places) {
        let (id, offset) = ends.take(topic, partition)?;
        let headers = headers::encode(&record.headers);
        insert.execute(params![id, offset, now, record.key.as_deref(), record.value.as_deref(), headers])?;
        positions.push(Position { partition, offset });
    }
    ends.write()?;
    Ok(positions)
}

fn place(record: &OutRecord, partitions: i32) -> Result<i32, BusError> {
    match (record.partition, &record.key) {
        (Some(partition), _) if (0..partitions).contains(&partition) => Ok(partition),
        (Some(partition), _) => Err(BusError::UnknownPartition { topic: record.topic.clone(), partition }),
        (None, Some(key)) => Ok(partitioner::of_key(key, partitions)),
        (None, None) => Ok(partitioner::any(partitions)),
    }
}

/// The next offsets of the partitions written to, each read and written once.
struct Ends<'a> {
    connection: &'a Connection,
    next: HashMap<(i64, i32), (i64, i64)>,
}

impl Ends<'_> {
    /// Takes the partition's id and its next offset.
    fn take(&mut self, topic: i64, partition: i32) -> rusqlite::Result<(i64, i64)> {
        let (id, next) = match self.next.get(&(topic, partition)) {
            Some(known) => *known,
            None => self
                .connection
                .prepare_cached("SELECT id, next_offset FROM partitions WHERE topic = ?1 AND number = ?2")?
                .query_row(params![topic, partition], |row| Ok((row.get(0)?, row.get(1)?)))?,
        };
        self.next.insert((topic, partition), (id, next + 1));
        Ok((id, next))
    }

    fn write(self) -> rusqlite::Result<()> {
        let mut update = self.connection.prepare_cached("UPDATE partitions SET next_offset = ?2 WHERE id = ?1")?;
        for (id, next) in self.next.into_values() {
            update.execute([id, next])?;
        }
        Ok(())
    }
}
