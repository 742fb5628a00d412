//! The SQLite file: tables, version and connections.

use super::{error, files::BusFiles};
use crate::bus::BusError;
use rusqlite::{Connection, OpenFlags};
use std::{path::Path, time::Duration};

/// The version of these tables. Other versions are refused.
const VERSION: i64 = 1;

/// Marks the file as a local bus ("RTFb").
const APPLICATION: i64 = 0x5254_4662;

/// Ids of partitions and members are never reused, so that no remnant of a deleted one is taken for another. Offsets
/// continue after deletions.
const TABLES: &str = "
    CREATE TABLE topics (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        partitions INTEGER NOT NULL,
        retention_ms INTEGER,
        compacted INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE partitions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        topic INTEGER NOT NULL,
        number INTEGER NOT NULL,
        first_offset INTEGER NOT NULL DEFAULT 0,
        next_offset INTEGER NOT NULL DEFAULT 0,
        UNIQUE (topic, number)
    ) STRICT;
    CREATE TABLE records (
        partition INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        timestamp INTEGER NOT NULL,
        key BLOB,
        value BLOB,
        headers BLOB,
        PRIMARY KEY (partition, offset)
    ) STRICT;
    -- A group's cursor on a partition: its start position and its committed offset.
    CREATE TABLE cursors (
        grp TEXT NOT NULL,
        partition INTEGER NOT NULL,
        began INTEGER NOT NULL,
        committed INTEGER,
        PRIMARY KEY (grp, partition)
    ) STRICT, WITHOUT ROWID;
    -- The generation increases with every change of a group's members or assignments.
    CREATE TABLE groups (name TEXT PRIMARY KEY, generation INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE members (
        joined INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        grp TEXT NOT NULL,
        instance TEXT NOT NULL
    ) STRICT;
    CREATE INDEX members_of_group ON members (grp);
    CREATE TABLE interests (
        member TEXT NOT NULL,
        topic INTEGER NOT NULL,
        PRIMARY KEY (member, topic)
    ) STRICT, WITHOUT ROWID;
    -- The owner of a partition in a group, and its target. The epoch counts the owners.
    CREATE TABLE assignments (
        grp TEXT NOT NULL,
        partition INTEGER NOT NULL,
        owner TEXT,
        target TEXT,
        epoch INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (grp, partition)
    ) STRICT, WITHOUT ROWID;
";

/// Tries of a few milliseconds while another process holds the file. SQLite's own handler sleeps longer each time,
/// which starves the longest waiter.
const BUSY_TRIES: i32 = 5_000;

/// Creates the tables or checks their version. The caller holds the guard.
pub(super) fn settle(files: &BusFiles) -> Result<(), BusError> {
    let connection = connect(files)?;
    let fail = |error| error::sql(&files.file, &error);
    let version = pragma(&connection, "user_version").map_err(fail)?;
    let application = pragma(&connection, "application_id").map_err(fail)?;
    let empty = version == 0 && application == 0 && pragma(&connection, "schema_version").map_err(fail)? == 0;
    if empty {
        return create(&connection).map_err(fail);
    }
    if application != APPLICATION {
        return Err(BusError::Fatal(format!(
            "{} is not the local bus's file but some other program's; choose another data directory",
            files.file.display()
        )));
    }
    if version != VERSION {
        return Err(BusError::Fatal(format!(
            "{} has version {version} and this program knows version {VERSION}; use the program that wrote it, or move \
             the file away to begin anew",
            files.file.display()
        )));
    }
    Ok(())
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    // Neither can change within a transaction; the guard keeps other processes away.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// Opens a connection whose commits survive a power failure.
pub(super) fn connect(files: &BusFiles) -> Result<Connection, BusError> {
    open(&files.file).map_err(|error| error::sql(&files.file, &error))
}

pub(super) fn open(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    connection.busy_handler(Some(|tries| {
        std::thread::sleep(Duration::from_millis(if tries < 20 { 1 } else { 2 }));
        tries < BUSY_TRIES
    }))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Overwrites removed records with zeros instead of only unlinking them.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
