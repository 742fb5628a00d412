//! Storing messages.

use super::{
    error::SqliteError,
    files, lexical,
    rows::{key, key_of, microseconds, number_or_new},
    schema,
    vectors::{self, VectorKey},
};
use crate::{
    store::{INDEX_VERSION, IndexText, IndexedMessage, StoreError},
    text::words::weigh,
};
use rtfm_shared::event::{ChatMessage, MessageId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Stores messages in order, so that of two versions in one batch the newer wins here as anywhere.
/// Returns those that stay removed, in ascending order of id.
pub(super) fn upsert(
    connection: &Connection,
    messages: &[IndexedMessage],
    vectors: Option<&str>,
) -> Result<Vec<MessageId>, SqliteError> {
    let tables = schema::vector_tables(connection)?;
    let mut removed = BTreeMap::new();
    for indexed in messages {
        let message = &indexed.message;
        let id = key_of(&message.message_id)?;
        if is_removed(connection, id, message)? {
            removed.insert(id, message.message_id.clone());
        } else {
            upsert_one(connection, id, indexed, vectors, &tables)?;
        }
    }
    Ok(removed.into_values().collect())
}

/// Those that stay removed, in ascending order of id.
pub(super) fn removed_among(connection: &Connection, messages: &[ChatMessage]) -> Result<Vec<MessageId>, SqliteError> {
    let mut removed = BTreeMap::new();
    for message in messages {
        let id = key_of(&message.message_id)?;
        if is_removed(connection, id, message)? {
            removed.insert(id, message.message_id.clone());
        }
    }
    Ok(removed.into_values().collect())
}

fn upsert_one(
    connection: &Connection,
    id: i64,
    indexed: &IndexedMessage,
    table: Option<&str>,
    tables: &[String],
) -> Result<(), SqliteError> {
    let message = &indexed.message;
    let version = microseconds(message.version());
    let stored: Option<i64> = connection
        .prepare_cached("SELECT version FROM message WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if stored.is_some_and(|stored| stored > version) {
        return Ok(());
    }
    if files::is_passage(id) {
        return Err(StoreError::Refused(format!("message id {} is out of range", message.message_id)).into());
    }
    if stored.is_some() {
        files::forget_others(connection, id, message)?;
    }

    let guild = message.guild_id.as_ref().map_or(Ok(0), |guild| number_or_new(connection, guild.as_str()))?;
    let channel = number_or_new(connection, message.channel_id.as_str())?;
    let author = number_or_new(connection, message.user_id.as_str())?;
    let thread = message.thread_id.as_ref().map(|thread| number_or_new(connection, thread.as_str())).transpose()?;
    let reply_to = message.reply_to.as_ref().and_then(MessageId::snowflake).map(key);
    let written_at = microseconds(message.timestamp);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO message
             (id, guild, channel, author, written_at, version, thread, reply_to, body, index_version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            id,
            guild,
            channel,
            author,
            written_at,
            version,
            thread,
            reply_to,
            serde_json::to_string(message)?,
            INDEX_VERSION
        ])?;

    let text_changed = store_text(connection, id, &indexed.index_text, stored.is_some())?;
    // A vector of another embedder stays only as long as the text that it was made of.
    for other in tables.iter().filter(|other| text_changed || Some(other.as_str()) == table) {
        if stored.is_some() {
            connection.prepare_cached(&schema::delete_vector(other))?.execute([id])?;
        }
    }
    if let (Some(table), Some(vector)) = (table, &indexed.vector) {
        vectors::put(connection, table, VectorKey { id, guild, channel, author, written_at }, vector)?;
    }
    Ok(())
}

/// Whether the message was removed, or the channel or thread it stands in, or the channel its thread hangs on.
pub(super) fn is_removed(connection: &Connection, id: i64, message: &ChatMessage) -> Result<bool, SqliteError> {
    let [thread, parent] = [&message.thread_id, &message.parent_id].map(|id| id.as_ref().map(|id| id.as_str()));
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM removed_message WHERE id = ?1)
                 OR EXISTS (SELECT 1 FROM removed_channel WHERE channel_id IN (?2, ?3, ?4))",
        )?
        .query_row(params![id, message.channel_id.as_str(), thread, parent], |row| row.get(0))?)
}

/// Whether the text has other words than before.
fn store_text(connection: &Connection, id: i64, parts: &IndexText, replaces: bool) -> Result<bool, SqliteError> {
    let text = weigh::as_numbers(parts);
    if replaces {
        let stored: Option<String> = connection
            .prepare_cached("SELECT index_text FROM text WHERE rowid = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        if stored.as_ref() == Some(&text) {
            lexical::weigh(connection, id, parts)?;
            return Ok(false);
        }
        connection.prepare_cached("DELETE FROM text WHERE rowid = ?1")?.execute([id])?;
    }
    connection.prepare_cached("INSERT INTO text (rowid, index_text) VALUES (?1, ?2)")?.execute(params![id, text])?;
    lexical::weigh(connection, id, parts)?;
    Ok(true)
}
