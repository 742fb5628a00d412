//! Applies retention and compaction in small transactions, so that no writer waits for long. Offsets do not change.
//! Removed records leave the write-ahead log too.

use super::{
    error::{self, WorkError},
    files::BusFiles,
    schema,
    writer::WriterThread,
};
use crate::bus::BusError;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::time::Duration;

/// Records removed by one transaction.
const MOST: i64 = 2_000;

/// How long a compacted topic keeps a tombstone, so that readers learn of the deletion.
const TOMBSTONE_MS: i64 = 24 * 3600 * 1000;

/// How long emptying the write-ahead log waits for readers, and writers for it.
const LOG_PATIENCE: Duration = Duration::from_secs(1);

/// A partition and its topic's rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct CleanupTask {
    partition: i64,
    retention_ms: Option<i64>,
    compacted: bool,
}

/// Applies everything due at `now`. Blocks.
pub(super) fn run(files: &BusFiles, writer: &WriterThread, now: Timestamp) -> Result<(), BusError> {
    let now = now.as_millisecond();
    for task in writer.write_blocking(tasks)? {
        while writer.write_blocking(move |connection| step(connection, task, now))? {}
    }
    writer.write_blocking(vacuum)?;
    empty_log(files).map_err(|error| error::sql(&files.file, &error))
}

/// Moves the write-ahead log into the file and truncates it: it holds removed records, and pages from before their
/// removal. A reader of an older state can block that; the next run then catches up.
fn empty_log(files: &BusFiles) -> rusqlite::Result<()> {
    let connection = schema::open(&files.file)?;
    connection.busy_timeout(LOG_PATIENCE)?;
    let blocked: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if blocked {
        tracing::debug!("a reader keeps the log of the local bus from being emptied");
    }
    Ok(())
}

/// Returns free pages to the file system. The statement frees one page for each row read.
fn vacuum(connection: &Connection) -> Result<(), WorkError> {
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum(4000)")?;
    let mut pages = vacuum.query([])?;
    while pages.next()?.is_some() {}
    Ok(())
}

fn tasks(connection: &Connection) -> Result<Vec<CleanupTask>, WorkError> {
    let mut select = connection.prepare_cached(
        "SELECT partitions.id, retention_ms, compacted FROM partitions JOIN topics ON topics.id = partitions.topic \
         WHERE compacted OR retention_ms IS NOT NULL",
    )?;
    let tasks = select.query_map([], |row| {
        Ok(CleanupTask { partition: row.get(0)?, retention_ms: row.get(1)?, compacted: row.get(2)? })
    })?;
    Ok(tasks.collect::<Result<_, _>>()?)
}

/// Does one step; returns whether more remains.
fn step(connection: &Connection, task: CleanupTask, now: i64) -> Result<bool, WorkError> {
    match (task.compacted, task.retention_ms) {
        (true, _) => compact(connection, task.partition, now.saturating_sub(TOMBSTONE_MS)),
        (false, Some(kept)) => expire(connection, task.partition, now.saturating_sub(kept)),
        (false, None) => Ok(false),
    }
}

/// Removes the oldest records up to the first that is young enough.
fn expire(connection: &Connection, partition: i64, before: i64) -> Result<bool, WorkError> {
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

/// Removes records replaced by a newer one of their key, then old tombstones. The newest record of a partition stays,
/// so that readers can reach the end.
fn compact(connection: &Connection, partition: i64, tombstones_before: i64) -> Result<bool, WorkError> {
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
