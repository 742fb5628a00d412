//! Opening the file: the settings of every connection, and who may read it.

use crate::store::StoreError;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::error::SqliteError;

/// How long one process waits for another that is writing.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// Once the write-ahead log is folded back into the file, it is cut to this many bytes.
const WAL_LIMIT: i64 = 16 * 1024 * 1024;

/// As much of the file as a reader maps into memory; SQLite takes no more than this.
const MAPPED: i64 = 0x7fff_0000;

/// Makes sure that the directory and the file in it exist and that only their owner can read the file
/// (SQLite gives its log the same permissions).
pub(super) fn prepare(directory: &Path) -> Result<PathBuf, StoreError> {
    let path = directory.join("memory.sqlite");
    let failed = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    let mut builder = fs::DirBuilder::new();
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.recursive(true).create(directory).map_err(failed)?;
    let file = options.open(&path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = file.metadata().map_err(failed)?.permissions();
        if permissions.mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed)?;
        }
    }
    drop(file);
    Ok(path)
}

fn open(path: &Path) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The connection that writes.
pub(super) fn writer(path: &Path) -> Result<Connection, SqliteError> {
    let connection = open(path)?;
    // The switch to WAL does not wait for other processes by itself when they do the same.
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
    // FULL: a commit is on disk before `upsert` returns, so that the bus may forget the message. It
    // costs one fsync a batch, which the batch pays for easily.
    connection.pragma_update(None, "synchronous", "full")?;
    // What is removed is overwritten, not just unlinked.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.pragma_update(None, "cache_size", -32_000)?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> Result<Connection, SqliteError> {
    let connection = open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    // A vector search reads every vector of a guild: from the system's pages, not from copies of them.
    connection.pragma_update(None, "mmap_size", MAPPED)?;
    Ok(connection)
}
