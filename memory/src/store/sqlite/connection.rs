//! Opens `memory.sqlite`: file permissions, and the settings of every connection.

use crate::store::StoreError;
use rtfm_shared::private_files;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::error::SqliteError;

/// The store's file in the data directory.
pub(in crate::store) const FILE_NAME: &str = "memory.sqlite";

/// How long a process waits while another one writes.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// The maximum size in bytes that the write-ahead log keeps after a checkpoint.
const WAL_LIMIT: i64 = 16 * 1024 * 1024;

/// How many bytes of the file a reader maps into memory: SQLite's maximum.
const MMAP_SIZE: i64 = 0x7fff_0000;

/// Creates the directory and the file where they are missing, and closes existing ones to other users.
pub(super) fn prepare(directory: &Path) -> Result<PathBuf, StoreError> {
    let path = directory.join(FILE_NAME);
    private_files::data_directory(directory)
        .and_then(|()| private_files::database(&path))
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
    Ok(path)
}

fn open(path: &Path) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Keeps texts out of temporary files.
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

pub(super) fn writer(path: &Path) -> Result<Connection, SqliteError> {
    let connection = open(path)?;
    // The busy timeout does not cover the switch to WAL, which fails while another process switches too.
    let deadline = std::time::Instant::now() + BUSY;
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Ok(()) => break,
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && std::time::Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(error.into()),
        }
    }
    // FULL puts every commit on disk before `upsert` returns, because the caller then commits the bus offset. It costs
    // one fsync per batch.
    connection.pragma_update(None, "synchronous", "full")?;
    // Overwrites removed content with zeros instead of only unlinking it.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.pragma_update(None, "cache_size", -32_000)?;
    Ok(connection)
}

pub(super) fn reader(path: &Path) -> Result<Connection, SqliteError> {
    let connection = open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    // A vector search reads every vector of a guild. A memory map avoids copying the pages.
    connection.pragma_update(None, "mmap_size", MMAP_SIZE)?;
    Ok(connection)
}
