//! Creates the tables, and refuses a file of another program or version.

use super::{error::SqliteError, vectors};
use crate::store::{EmbeddingSpace, StoreError};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::Path;

/// The version of the schema. The store refuses a file of any other version.
pub(super) const VERSION: i64 = 4;

/// The SQLite application id of a message store: "RTFm" in ASCII.
const APPLICATION_ID: i64 = 0x5254_466d;

const TABLES: &str = include_str!("sql/schema.sql");

/// Creates missing tables, and returns the name of the table with the vectors of `space`.
pub(super) fn prepare(
    connection: &mut Connection,
    path: &Path,
    space: Option<&EmbeddingSpace>,
) -> Result<Option<String>, SqliteError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 && version == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    } else if application != APPLICATION_ID {
        return Err(StoreError::Unusable(format!(
            "{} is a database of another program; move it away or choose another data directory",
            path.display()
        ))
        .into());
    } else if version != VERSION {
        return Err(StoreError::Unusable(format!(
            "{} has schema version {version}, but this program reads version {VERSION}; run the program that wrote \
             it, or move the file away and import the messages again",
            path.display()
        ))
        .into());
    }
    let table = space.map(|space| vector_table(&transaction, space)).transpose()?;
    transaction.commit()?;
    Ok(table)
}

/// The name of a space's vector table. It creates the table where it is missing.
pub(super) fn vector_table(connection: &Connection, space: &EmbeddingSpace) -> Result<String, SqliteError> {
    let EmbeddingSpace { name, dimension } = space;
    let table = format!("vectors_{name}_{dimension}");
    let exists: Option<i64> =
        connection.query_row("SELECT 1 FROM space WHERE table_name = ?1", [&table], |row| row.get(0)).optional()?;
    if exists.is_none() {
        // The name contains no quotes: `EmbeddingSpace::check` rejects them.
        connection.execute_batch(&vectors::create_tables(&table))?;
        connection.execute(
            "INSERT INTO space (embedder, dimension, table_name) VALUES (?1, ?2, ?3)",
            params![name, i64::try_from(*dimension).unwrap_or(i64::MAX), table],
        )?;
    }
    Ok(table)
}

/// Drops a space with its vectors.
pub(super) fn drop_vector_table(connection: &Connection, table: &str) -> Result<(), SqliteError> {
    connection.execute_batch(&vectors::drop_tables(table))?;
    connection.execute("DELETE FROM space WHERE table_name = ?1", [table])?;
    Ok(())
}

/// SQL that deletes the vector of number ?1 from a table.
pub(super) fn delete_vector(table: &str) -> String {
    format!("DELETE FROM \"{table}\" WHERE id = ?1")
}

/// The vector tables of all embedders in the file.
pub(super) fn vector_tables(connection: &Connection) -> Result<Vec<String>, SqliteError> {
    let mut statement = connection.prepare_cached("SELECT table_name FROM space")?;
    let tables = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(tables)
}
