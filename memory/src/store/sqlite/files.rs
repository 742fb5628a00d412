//! The passages of files. The tables of texts and vectors hold them beside messages, under numbers from a range that no
//! snowflake reaches before the year 2119.

use super::{
    error::SqliteError,
    lexical,
    rows::{guild_number, intern_name, json_list, key_of, microseconds, numbers},
    schema,
    upsert::is_removed,
    vectors::{self, VectorKey},
};
use crate::store::{
    FileId, FilePassage, IndexedFile, StoreError,
    file::{file_key, has_file},
};
use rtfm_shared::event::ChatMessage;
use rusqlite::{Connection, OptionalExtension, params};
use std::{collections::HashMap, ops::Range};

/// The range of passage numbers.
const NUMBERS: Range<i64> = 1 << 62..3 << 61;

pub(super) fn is_passage(number: i64) -> bool {
    NUMBERS.contains(&number)
}

/// Stores the passages of files whose stored message still has the file; returns whether it replaced stored passages.
pub(super) fn attach(connection: &Connection, files: &[IndexedFile], table: Option<&str>) -> Result<bool, SqliteError> {
    let mut has_replaced = false;
    for file in files {
        let id = key_of(&file.message.message_id)?;
        let stored = message(connection, id)?;
        let Some(stored) = stored.filter(|stored| has_file(stored, &file.key)) else { continue };
        if is_removed(connection, id, &stored)? {
            continue;
        }
        let stored_passages = numbers_of_file(connection, id, &file.key)?;
        has_replaced |= !stored_passages.is_empty();
        delete_passages(connection, &stored_passages)?;
        for (place, passage) in (0_u32..).zip(&file.passages) {
            let number = next_number(connection)?;
            connection.prepare_cached(include_str!("sql/insert_passage.sql"))?.execute(params![
                number,
                id,
                file.key,
                place,
                file.name,
                passage.text
            ])?;
            lexical::insert_text(connection, number, &lexical::searchable(&passage.index_text))?;
            lexical::store_weights(connection, number, &passage.index_text)?;
            if let (Some(table), Some(vector)) = (table, &passage.vector) {
                let guild = guild_number(connection, stored.guild_id.as_ref())?;
                let channel = intern_name(connection, stored.channel_id.as_str())?;
                let author = intern_name(connection, stored.user_id.as_str())?;
                let written_at = microseconds(stored.timestamp);
                let key = VectorKey { id: number, guild, channel, author, written_at };
                vectors::insert(connection, table, key, vector)?;
            }
        }
    }
    Ok(has_replaced)
}

fn message(connection: &Connection, id: i64) -> Result<Option<ChatMessage>, SqliteError> {
    let mut statement = connection.prepare_cached("SELECT body FROM message WHERE id = ?1")?;
    let body: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
    body.map(|body| super::rows::message(&body)).transpose()
}

fn next_number(connection: &Connection) -> Result<i64, SqliteError> {
    let last: Option<i64> =
        connection.prepare_cached("SELECT max(number) FROM passage")?.query_row([], |row| row.get(0))?;
    let next = last.map_or(NUMBERS.start, |last| last + 1);
    if next >= NUMBERS.end {
        return Err(StoreError::Refused("the store has no numbers left for passages of files".to_owned()).into());
    }
    Ok(next)
}

/// The files of these messages that have stored passages.
pub(super) fn attached(connection: &Connection, messages: &[ChatMessage]) -> Result<Vec<FileId>, SqliteError> {
    let mut statement =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM passage WHERE message = ?1 AND file = ?2)")?;
    let mut found = Vec::new();
    for message in messages {
        let id = key_of(&message.message_id)?;
        for file in &message.attachments {
            let key = file_key(file);
            if statement.query_row(params![id, key], |row| row.get(0))? {
                found.push((message.message_id.clone(), key.to_owned()));
            }
        }
    }
    Ok(found)
}

/// Deletes the stored files of a message that this version of it no longer has.
pub(super) fn delete_detached(connection: &Connection, id: i64, message: &ChatMessage) -> Result<(), SqliteError> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT file FROM passage WHERE message = ?1")?;
    let files: Vec<String> = statement.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for file in files.into_iter().filter(|file| !has_file(message, file)) {
        delete_passages(connection, &numbers_of_file(connection, id, &file)?)?;
    }
    Ok(())
}

/// The numbers of all passages of these messages.
pub(super) fn passages_of(connection: &Connection, messages: &[i64]) -> Result<Vec<i64>, SqliteError> {
    let sql = "SELECT number FROM passage WHERE message IN (SELECT value FROM json_each(?1))";
    numbers(connection, sql, [json_list(messages.iter().copied())])
}

fn numbers_of_file(connection: &Connection, message: i64, key: &str) -> Result<Vec<i64>, SqliteError> {
    numbers(connection, "SELECT number FROM passage WHERE message = ?1 AND file = ?2", params![message, key])
}

/// Deletes passages with their texts and every embedder's vectors.
pub(super) fn delete_passages(connection: &Connection, numbers: &[i64]) -> Result<(), SqliteError> {
    if numbers.is_empty() {
        return Ok(());
    }
    let mut statements = vec![lexical::DELETE_TEXT.to_owned()];
    statements.extend(schema::vector_tables(connection)?.iter().map(|table| schema::delete_vector(table)));
    statements.push("DELETE FROM passage WHERE number = ?1".to_owned());
    for sql in statements {
        let mut statement = connection.prepare_cached(&sql)?;
        for number in numbers {
            statement.execute([number])?;
        }
    }
    Ok(())
}

/// The passages with these numbers, each with the rowid of its message.
pub(super) fn passages(
    connection: &Connection,
    numbers: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, (i64, FilePassage)>, SqliteError> {
    let mut statement = connection.prepare_cached(include_str!("sql/passages.sql"))?;
    let rows = statement.query_map([json_list(numbers)], |row| {
        let passage = FilePassage { key: row.get(2)?, place: row.get(3)?, file: row.get(4)?, text: row.get(5)? };
        Ok((row.get(0)?, (row.get(1)?, passage)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
