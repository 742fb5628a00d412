//! Removes messages, with tombstones for permanent removals.

use super::{
    error::SqliteError,
    files, lexical,
    rows::{json_list, key, lookup_name, microseconds, numbers},
    schema,
};
use crate::store::Removal;
use rtfm_shared::event::MessageId;
use rusqlite::Connection;

pub(super) fn remove(connection: &Connection, removal: &Removal) -> Result<(), SqliteError> {
    match removal {
        Removal::Messages(ids) => {
            let keys = keys_of(ids);
            let mut tombstone = connection.prepare_cached("INSERT OR IGNORE INTO removed_message VALUES (?1)")?;
            for key in &keys {
                tombstone.execute([key])?;
            }
            delete_messages(connection, &keys)
        }
        Removal::Unlisted(ids) => delete_messages(connection, &keys_of(ids)),
        Removal::Channel(channel) => {
            connection
                .prepare_cached("INSERT OR IGNORE INTO removed_channel VALUES (?1)")?
                .execute([channel.as_str()])?;
            let in_threads = "SELECT id FROM message WHERE body ->> '$.parent_id' = ?1";
            let mut keys = numbers(connection, in_threads, [channel.as_str()])?;
            if let Some(channel) = lookup_name(connection, channel.as_str())? {
                let in_channel = "SELECT id FROM message WHERE channel = ?1 OR thread = ?1";
                keys.extend(numbers(connection, in_channel, [channel])?);
            }
            if keys.is_empty() {
                return Ok(());
            }
            delete_messages(connection, &keys)?;
            delete_unused_names(connection)
        }
        Removal::Author { user_id, guild_id, until } => {
            let Some(author) = lookup_name(connection, user_id.as_str())? else { return Ok(()) };
            let until = microseconds(*until);
            let keys = match guild_id {
                None => {
                    let sql = "SELECT id FROM message WHERE author = ?1 AND written_at <= ?2";
                    numbers(connection, sql, [author, until])?
                }
                Some(guild) => {
                    let Some(guild) = lookup_name(connection, guild.as_str())? else { return Ok(()) };
                    let sql = "SELECT id FROM message WHERE author = ?1 AND written_at <= ?2 AND guild = ?3";
                    numbers(connection, sql, [author, until, guild])?
                }
            };
            delete_messages(connection, &keys)?;
            delete_unused_names(connection)
        }
        Removal::Guild { guild_id, until } => {
            let Some(guild) = lookup_name(connection, guild_id.as_str())? else { return Ok(()) };
            let sql = "SELECT id FROM message WHERE guild = ?1 AND written_at <= ?2";
            let keys = numbers(connection, sql, [guild, microseconds(*until)])?;
            delete_messages(connection, &keys)?;
            delete_unused_names(connection)
        }
    }
}

fn keys_of(ids: &[MessageId]) -> Vec<i64> {
    ids.iter().filter_map(MessageId::snowflake).map(key).collect()
}

/// Deletes messages with their files, their texts and every embedder's vectors.
fn delete_messages(connection: &Connection, keys: &[i64]) -> Result<(), SqliteError> {
    let stored = "SELECT id FROM message WHERE id IN (SELECT value FROM json_each(?1))";
    let keys = numbers(connection, stored, [json_list(keys.iter().copied())])?;
    files::delete_passages(connection, &files::passages_of(connection, &keys)?)?;
    for table in schema::vector_tables(connection)? {
        let mut statement = connection.prepare_cached(&schema::delete_vector(&table))?;
        for key in &keys {
            statement.execute([key])?;
        }
    }
    for sql in [lexical::DELETE_TEXT, "DELETE FROM message WHERE id = ?1"] {
        let mut statement = connection.prepare_cached(sql)?;
        for key in &keys {
            statement.execute([key])?;
        }
    }
    Ok(())
}

/// Deletes the interned ids that no stored message uses, because an author's id is personal data too.
fn delete_unused_names(connection: &Connection) -> Result<(), SqliteError> {
    connection.execute(include_str!("sql/delete_unused_names.sql"), [])?;
    Ok(())
}
