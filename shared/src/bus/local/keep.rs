//! Keeping house: what is too old or outdated goes, in small transactions, so that nobody waits for long. Offsets
//! stay what they were.

use super::{error::Fault, writer::Writer};
use crate::bus::BusError;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Records that one transaction removes.
const MOST: i64 = 2_000;

/// How long a tombstone in a compacted topic is kept, so that readers learn of the deletion.
const TOMBSTONE_MS: i64 = 24 * 3600 * 1000;

/// A partition and the rules of its topic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chore {
    partition: i64,
    retention_ms: Option<i64>,
    compacted: bool,
}

/// Does all there is to do as of `now`. For a thread that may block.
pub(super) fn house(writer: &Writer, now: Timestamp) -> Result<(), BusError> {
    let now = now.as_millisecond();
    for chore in writer.write_blocking(chores)? {
        while writer.write_blocking(move |connection| step(connection, chore, now))? {}
    }
    writer.write_blocking(give_back)
}

/// Gives free pages back to the file system. The statement frees one page for each row that is asked of it.
fn give_back(connection: &Connection) -> Result<(), Fault> {
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum(4000)")?;
    let mut pages = vacuum.query([])?;
    while pages.next()?.is_some() {}
    Ok(())
}

fn chores(connection: &Connection) -> Result<Vec<Chore>, Fault> {
    let mut select = connection.prepare_cached(
        "SELECT partitions.id, retention_ms, compacted FROM partitions JOIN topics ON topics.id = partitions.topic \
         WHERE compacted OR retention_ms IS NOT NULL",
    )?;
    let chores = select
        .query_map([], |row| Ok(Chore { partition: row.get(0)?, retention_ms: row.get(1)?, compacted: row.get(2)? }))?;
    Ok(chores.collect::<Result<_, _>>()?)
}

/// Does a part of a chore; whether there is more of it.
fn step(connection: &Connection, chore: Chore, now: i64) -> Result<bool, Fault> {
    match (chore.compacted, chore.retention_ms) {
        (true, _) => compact(connection, chore.partition, now.saturating_sub(TOMBSTONE_MS)),
        (false, Some(kept)) => expire(connection, chore.partition, now.saturating_sub(kept)),
        (false, None) => Ok(false),
    }
}

/// Removes the oldest records up to the first that is young enough: a partition has no holes by age.
fn expire(connection: &Connection, partition: i64, before: i64) -> Result<bool, Fault> {
    let mut select = connection
        .prepare_cached("SELECT offset, timestamp FROM records WHERE partition = ?1 ORDER BY offset LIMIT ?2")?;
    let mut rows = select.query([partition, MOST])?;
    let (mut old, mut first_kept) = (None, None);
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let offset: i64 = row.get(0)?;
        if row.get::<_, i64>(1)? >= before {
            first_kept = Some(offset);
            break;
        }
        old = Some(offset);
        count += 1;
    }
    let Some(last) = old else { return Ok(false) };
    connection
        .prepare_cached("DELETE FROM records WHERE partition = ?1 AND offset <= ?2")?
        .execute([partition, last])?;
    connection
        .prepare_cached("UPDATE partitions SET first_offset = ?2 WHERE id = ?1")?
        .execute([partition, first_kept.unwrap_or(last + 1)])?;
    Ok(count == MOST)
}

/// Removes records with a newer one of the same key, then old tombstones. The newest record of a partition always
/// stays, so that a reader can reach the end.
fn compact(connection: &Connection, partition: i64, tombstones_before: i64) -> Result<bool, Fault> {
    let outdated = connection
        .prepare_cached(
            "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE partition = ?1 AND key IS NOT NULL \
             AND offset NOT IN (SELECT MAX(offset) FROM records WHERE partition = ?1 AND key IS NOT NULL GROUP BY key) \
             LIMIT ?2)",
        )?
        .execute([partition, MOST])?;
    if outdated > 0 {
        return Ok(true);
    }
    let tombstones = connection
        .prepare_cached(
            "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE partition = ?1 AND key IS NOT NULL \
             AND value IS NULL AND timestamp < ?2 \
             AND offset < (SELECT MAX(offset) FROM records WHERE partition = ?1) LIMIT ?3)",
        )?
        .execute(params![partition, tombstones_before, MOST])?;
    Ok(tombstones > 0)
}
