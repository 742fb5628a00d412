//! Stores messages with their words and vectors.

use super::{
    error::SqliteError,
    files, lexical,
    rows::{guild_number, intern_name, key, key_of, microseconds},
    schema,
    vectors::{self, VectorKey},
};
use crate::store::{INDEX_VERSION, IndexText, IndexedMessage, StoreError};
use rtfm_shared::event::{ChatMessage, MessageId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// What an upsert found in the store.
#[derive(Debug, Default)]
pub(super) struct UpsertOutcome {
    /// The permanently removed messages, which it skipped, in ascending order of id.
    pub(super) removed: Vec<MessageId>,
    /// Whether it replaced stored messages.
    pub(super) has_replaced: bool,
}

/// Stores messages in order. The newest version of a message wins, within the batch and against the stored one.
pub(super) fn upsert(
    connection: &Connection,
    messages: &[IndexedMessage],
    vectors: Option<&str>,
) -> Result<UpsertOutcome, SqliteError> {
    let tables = schema::vector_tables(connection)?;
    let (mut removed, mut has_replaced) = (BTreeMap::new(), false);
    for indexed in messages {
        let message = &indexed.message;
        let id = key_of(&message.message_id)?;
        if is_removed(connection, id, message)? {
            removed.insert(id, message.message_id.clone());
        } else {
            has_replaced |= upsert_one(connection, id, indexed, vectors, &tables)?;
        }
    }
    Ok(UpsertOutcome { removed: removed.into_values().collect(), has_replaced })
}

/// The permanently removed messages, in ascending order of id.
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

/// Stores a message; returns whether it replaced a stored one.
fn upsert_one(
    connection: &Connection,
    id: i64,
    indexed: &IndexedMessage,
    table: Option<&str>,
    tables: &[String],
) -> Result<bool, SqliteError> {
    let message = &indexed.message;
    let version = microseconds(message.version());
    let stored: Option<i64> = connection
        .prepare_cached("SELECT version FROM message WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if stored.is_some_and(|stored| stored > version) {
        return Ok(false);
    }
    if files::is_passage(id) {
        return Err(StoreError::Refused(format!("message id {} is out of range", message.message_id)).into());
    }
    if stored.is_some() {
        files::delete_detached(connection, id, message)?;
    }

    let guild = guild_number(connection, message.guild_id.as_ref())?;
    let channel = intern_name(connection, message.channel_id.as_str())?;
    let author = intern_name(connection, message.user_id.as_str())?;
    let thread = message.thread_id.as_ref().map(|thread| intern_name(connection, thread.as_str())).transpose()?;
    let reply_to = message.reply_to.as_ref().and_then(MessageId::snowflake).map(key);
    let written_at = microseconds(message.timestamp);
    let body = serde_json::to_string(message)?;
    connection.prepare_cached(include_str!("sql/insert_message.sql"))?.execute(params![
        id,
        guild,
        channel,
        author,
        written_at,
        version,
        thread,
        reply_to,
        body,
        INDEX_VERSION
    ])?;

    // An edit may change the form of a word only, which the index text does not show.
    let is_edited = stored.is_some_and(|stored| stored < version);
    let text_changed = store_text(connection, id, &indexed.index_text, stored.is_some())? || is_edited;
    // A changed text invalidates the vectors of every embedder. Otherwise this embedder's vector alone is replaced.
    for other in tables.iter().filter(|other| text_changed || Some(other.as_str()) == table) {
        if stored.is_some() {
            connection.prepare_cached(&schema::delete_vector(other))?.execute([id])?;
        }
    }
    if let (Some(table), Some(vector)) = (table, &indexed.vector) {
        vectors::insert(connection, table, VectorKey { id, guild, channel, author, written_at }, vector)?;
    }
    Ok(stored.is_some())
}

/// Whether a permanent removal covers the message: by its own id, its channel, its thread, or its thread's parent
/// channel.
pub(super) fn is_removed(connection: &Connection, id: i64, message: &ChatMessage) -> Result<bool, SqliteError> {
    let [thread, parent] = [&message.thread_id, &message.parent_id].map(|id| id.as_ref().map(|id| id.as_str()));
    Ok(connection
        .prepare_cached(include_str!("sql/is_removed.sql"))?
        .query_row(params![id, message.channel_id.as_str(), thread, parent], |row| row.get(0))?)
}

/// Stores the index text of a message; true when it differs from the stored one.
fn store_text(connection: &Connection, id: i64, parts: &IndexText, is_stored: bool) -> Result<bool, SqliteError> {
    let text = lexical::searchable(parts);
    if is_stored {
        let stored: Option<String> = connection
            .prepare_cached("SELECT index_text FROM text WHERE rowid = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        if stored.as_deref() == Some(&*text) {
            lexical::store_weights(connection, id, parts)?;
            return Ok(false);
        }
        connection.prepare_cached(lexical::DELETE_TEXT)?.execute([id])?;
    }
    lexical::insert_text(connection, id, &text)?;
    lexical::store_weights(connection, id, parts)?;
    Ok(true)
}
