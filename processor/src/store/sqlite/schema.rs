//! The tables, and the check that they are ours.

use super::{failure::Failure, vectors};
use crate::store::{EmbeddingSpace, StoreError};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::Path;

/// The version of the tables. A file of any other version is refused.
pub(super) const VERSION: i64 = 3;

/// Marks a SQLite file as a memory of RTFM ("RTFm").
const APPLICATION_ID: i64 = 0x5254_466d;

/// `message.id` is the snowflake (see `rows::key`). Texts of ids that are compared during a vector
/// search (guild, channel, author) stand as small numbers from `name`; 0 stands for "no guild".
/// `text` holds the numbers of the words that lexical search finds and shares its rowid with `message`.
const TABLES: &str = "
CREATE TABLE name (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE message (
    id         INTEGER PRIMARY KEY,
    guild      INTEGER NOT NULL,
    channel    INTEGER NOT NULL,
    author     INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    thread     INTEGER,
    reply_to   INTEGER,
    body       TEXT NOT NULL,
    recipe     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX message_by_channel ON message (channel, id);
CREATE INDEX message_by_author ON message (author, written_at);
CREATE INDEX message_by_guild ON message (guild, written_at);
CREATE INDEX message_by_reply ON message (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX message_by_thread ON message (thread) WHERE thread IS NOT NULL;

CREATE TABLE removed_message (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE removed_channel (channel_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE text USING fts5 (index_text, tokenize = 'ascii');
INSERT INTO text (text, rank) VALUES ('secure-delete', 1);

CREATE TABLE space (embedder TEXT NOT NULL, dimension INTEGER NOT NULL, table_name TEXT NOT NULL UNIQUE) STRICT;
";

/// What version 2 has that version 1 had not: passages of files. They stand in `text` and in the vector tables
/// under their own numbers, see `files`. What version 3 has: `message.recipe`, and vectors in tables
/// of our own, see `vectors`.
const PASSAGES: &str = "
CREATE TABLE passage (
    number  INTEGER PRIMARY KEY,
    message INTEGER NOT NULL,
    file    TEXT NOT NULL,
    place   INTEGER NOT NULL,
    name    TEXT NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (message, file, place)
) STRICT;
";

/// What version 3 has besides: what the words of each text weigh, and how many texts have a word.
const WEIGHTS: &str = "
CREATE TABLE weight (number INTEGER PRIMARY KEY, words BLOB NOT NULL) STRICT;
CREATE TRIGGER message_weight AFTER DELETE ON message BEGIN DELETE FROM weight WHERE number = old.id; END;
CREATE TRIGGER passage_weight AFTER DELETE ON passage BEGIN DELETE FROM weight WHERE number = old.number; END;
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (text, row);
";

/// The messages of a channel's threads. It is made of the messages as they are kept, so that it holds for those too that
/// were stored before there was this index, and older programs can go on with the file.
const BY_PARENT: &str = "
CREATE INDEX IF NOT EXISTS message_by_parent ON message (body ->> '$.parent_id')
WHERE body ->> '$.parent_id' IS NOT NULL;
";

/// Creates what is missing; the name of the table that holds the vectors of `space`.
pub(super) fn prepare(
    connection: &mut Connection,
    path: &Path,
    space: Option<&EmbeddingSpace>,
) -> Result<Option<String>, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 && version == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.execute_batch(PASSAGES)?;
        transaction.execute_batch(WEIGHTS)?;
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
    transaction.execute_batch(BY_PARENT)?;
    let table = space.map(|space| vector_table(&transaction, space)).transpose()?;
    transaction.commit()?;
    Ok(table)
}

/// The vector table of a space, created when it is missing.
pub(super) fn vector_table(connection: &Connection, space: &EmbeddingSpace) -> Result<String, Failure> {
    let EmbeddingSpace { name, dimension } = space;
    let table = format!("vectors_{name}_{dimension}");
    let known: Option<i64> =
        connection.query_row("SELECT 1 FROM space WHERE table_name = ?1", [&table], |row| row.get(0)).optional()?;
    if known.is_none() {
        // The name was checked (`EmbeddingSpace::check`): it has no quotes.
        connection.execute_batch(&vectors::tables(&table))?;
        connection.execute(
            "INSERT INTO space (embedder, dimension, table_name) VALUES (?1, ?2, ?3)",
            params![name, i64::try_from(*dimension).unwrap_or(i64::MAX), table],
        )?;
    }
    Ok(table)
}

/// Removes a space with its vectors.
pub(super) fn drop_vector_table(connection: &Connection, table: &str) -> Result<(), Failure> {
    connection.execute_batch(&format!("DROP TABLE \"{table}\"; DROP TABLE \"{table}_coarse\""))?;
    connection.execute("DELETE FROM space WHERE table_name = ?1", [table])?;
    Ok(())
}

/// Takes a vector out of a table, by its number.
pub(super) fn delete_vector(table: &str) -> String {
    format!("DELETE FROM \"{table}\" WHERE id = ?1")
}

/// The vector tables of every embedder that was ever used with this file.
pub(super) fn vector_tables(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut statement = connection.prepare_cached("SELECT table_name FROM space")?;
    let tables = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(tables)
}
