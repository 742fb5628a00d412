//! The passages of files. They share the numbers of messages in the tables of texts and vectors, in a range
//! that no message of this century has.

use super::{
    error::SqliteError,
    lexical,
    rows::{json_list, key_of, microseconds, number_or_new},
    schema,
    upsert::is_removed,
    vectors::{self, VectorKey},
};
use crate::{
    store::{
        FileId, FilePassage, IndexedFile, StoreError,
        file::{file_key, has_file},
    },
    text::words::weigh,
};
use rtfm_shared::event::ChatMessage;
use rusqlite::{Connection, OptionalExtension, params};
use std::{collections::HashMap, ops::Range};

/// The numbers of passages. As a message's, the first would stand for a snowflake of the year 2124.
const NUMBERS: Range<i64> = 1 << 62..3 << 61;

/// Whether a number is a passage's.
pub(super) fn is_passage(number: i64) -> bool {
    NUMBERS.contains(&number)
}

/// Stores the passages of files whose messages are stored and have them.
pub(super) fn attach(connection: &Connection, files: &[IndexedFile], table: Option<&str>) -> Result<(), SqliteError> {
    for file in files {
        let id = key_of(&file.message.message_id)?;
        let stored = message(connection, id)?;
        let Some(stored) = stored.filter(|stored| has_file(stored, &file.key)) else { continue };
        if is_removed(connection, id, &stored)? {
            continue;
        }
        let known = numbers(connection, "message = ?1 AND file = ?2", params![id, file.key])?;
        forget(connection, &known)?;
        for (place, passage) in (0_u32..).zip(&file.passages) {
            let number = next_number(connection)?;
            connection
                .prepare_cached(
                    "INSERT INTO passage (number, message, file, place, name, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![number, id, file.key, place, file.name, passage.text])?;
            connection
                .prepare_cached("INSERT INTO text (rowid, index_text) VALUES (?1, ?2)")?
                .execute(params![number, weigh::as_numbers(&passage.index_text)])?;
            lexical::weigh(connection, number, &passage.index_text)?;
            if let (Some(table), Some(vector)) = (table, &passage.vector) {
                let guild = stored.guild_id.as_ref().map_or(Ok(0), |id| number_or_new(connection, id.as_str()))?;
                let channel = number_or_new(connection, stored.channel_id.as_str())?;
                let author = number_or_new(connection, stored.user_id.as_str())?;
                let written_at = microseconds(stored.timestamp);
                vectors::put(connection, table, VectorKey { id: number, guild, channel, author, written_at }, vector)?;
            }
        }
    }
    Ok(())
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
    match next < NUMBERS.end {
        true => Ok(next),
        false => Err(StoreError::Refused("there are no numbers left for passages of files".to_owned()).into()),
    }
}

/// Those files of these messages that have passages here.
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

/// Forgets those files of a message that this version of it does not have.
pub(super) fn forget_others(connection: &Connection, id: i64, message: &ChatMessage) -> Result<(), SqliteError> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT file FROM passage WHERE message = ?1")?;
    let files: Vec<String> = statement.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for file in files.into_iter().filter(|file| !has_file(message, file)) {
        forget(connection, &numbers(connection, "message = ?1 AND file = ?2", params![id, file])?)?;
    }
    Ok(())
}

/// The numbers of the passages of these messages.
pub(super) fn numbers_of(connection: &Connection, messages: &[i64]) -> Result<Vec<i64>, SqliteError> {
    let inside = "message IN (SELECT value FROM json_each(?1))";
    numbers(connection, inside, [json_list(messages.iter().copied())])
}

fn numbers(connection: &Connection, which: &str, parameters: impl rusqlite::Params) -> Result<Vec<i64>, SqliteError> {
    let mut statement = connection.prepare_cached(&format!("SELECT number FROM passage WHERE {which}"))?;
    let numbers = statement.query_map(parameters, |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(numbers)
}

/// Removes passages with their texts and every embedder's vectors.
pub(super) fn forget(connection: &Connection, numbers: &[i64]) -> Result<(), SqliteError> {
    if numbers.is_empty() {
        return Ok(());
    }
    let mut statements = vec!["DELETE FROM text WHERE rowid = ?1".to_owned()];
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

/// The passages with these numbers, each with its message's.
pub(super) fn passages(
    connection: &Connection,
    numbers: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, (i64, FilePassage)>, SqliteError> {
    let sql = "SELECT number, message, file, place, name, body FROM passage
               WHERE number IN (SELECT value FROM json_each(?1))";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([json_list(numbers)], |row| {
        let passage = FilePassage { key: row.get(2)?, place: row.get(3)?, file: row.get(4)?, text: row.get(5)? };
        Ok((row.get(0)?, (row.get(1)?, passage)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
