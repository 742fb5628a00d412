//! Forgetting.

use super::{
    error::SqliteError,
    files,
    rows::{json_list, key, microseconds, number},
    schema,
};
use crate::store::Removal;
use rtfm_shared::event::MessageId;
use rusqlite::{Connection, Params};

/// Forgets, and remembers what must stay forgotten.
pub(super) fn remove(connection: &Connection, removal: &Removal) -> Result<(), SqliteError> {
    match removal {
        Removal::Messages(ids) => {
            let keys: Vec<i64> = ids.iter().filter_map(MessageId::snowflake).map(key).collect();
            let mut tombstone = connection.prepare_cached("INSERT OR IGNORE INTO removed_message VALUES (?1)")?;
            for key in &keys {
                tombstone.execute([key])?;
            }
            forget(connection, &keys)
        }
        Removal::Unlisted(ids) => {
            let keys: Vec<i64> = ids.iter().filter_map(MessageId::snowflake).map(key).collect();
            forget(connection, &keys)
        }
        Removal::Channel(channel) => {
            connection
                .prepare_cached("INSERT OR IGNORE INTO removed_channel VALUES (?1)")?
                .execute([channel.as_str()])?;
            let hanging = "SELECT id FROM message WHERE body ->> '$.parent_id' = ?1";
            let mut keys = keys(connection, hanging, [channel.as_str()])?;
            if let Some(number) = number(connection, channel.as_str())? {
                let inside = "SELECT id FROM message WHERE channel = ?1 OR thread = ?1";
                keys.extend(self::keys(connection, inside, [number])?);
            }
            if keys.is_empty() {
                return Ok(());
            }
            forget(connection, &keys)?;
            forget_names(connection)
        }
        Removal::Author { user_id, guild_id, until } => {
            let Some(author) = number(connection, user_id.as_str())? else { return Ok(()) };
            let until = microseconds(*until);
            let keys = match guild_id {
                None => {
                    keys(connection, "SELECT id FROM message WHERE author = ?1 AND written_at <= ?2", [author, until])?
                }
                Some(guild) => {
                    let Some(guild) = number(connection, guild.as_str())? else { return Ok(()) };
                    let sql = "SELECT id FROM message WHERE author = ?1 AND written_at <= ?2 AND guild = ?3";
                    keys(connection, sql, [author, until, guild])?
                }
            };
            forget(connection, &keys)?;
            forget_names(connection)
        }
        Removal::Guild { guild_id, until } => {
            let Some(guild) = number(connection, guild_id.as_str())? else { return Ok(()) };
            let sql = "SELECT id FROM message WHERE guild = ?1 AND written_at <= ?2";
            let keys = keys(connection, sql, [guild, microseconds(*until)])?;
            forget(connection, &keys)?;
            forget_names(connection)
        }
    }
}

fn keys(connection: &Connection, sql: &str, parameters: impl Params) -> Result<Vec<i64>, SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let keys = statement.query_map(parameters, |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(keys)
}

/// Removes messages with their files, their texts and every embedder's vectors.
fn forget(connection: &Connection, keys: &[i64]) -> Result<(), SqliteError> {
    let stored = "SELECT id FROM message WHERE id IN (SELECT value FROM json_each(?1))";
    let keys = self::keys(connection, stored, [json_list(keys.iter().copied())])?;
    files::forget(connection, &files::numbers_of(connection, &keys)?)?;
    for table in schema::vector_tables(connection)? {
        let mut statement = connection.prepare_cached(&schema::delete_vector(&table))?;
        for key in &keys {
            statement.execute([key])?;
        }
    }
    for sql in ["DELETE FROM text WHERE rowid = ?1", "DELETE FROM message WHERE id = ?1"] {
        let mut statement = connection.prepare_cached(sql)?;
        for key in &keys {
            statement.execute([key])?;
        }
    }
    Ok(())
}

/// Ids of people and places of whom nothing is stored any more are forgotten too.
fn forget_names(connection: &Connection) -> Result<(), SqliteError> {
    connection.execute(
        "DELETE FROM name WHERE number NOT IN (
             SELECT author FROM message UNION SELECT channel FROM message UNION SELECT guild FROM message
             UNION SELECT thread FROM message WHERE thread IS NOT NULL)",
        [],
    )?;
    Ok(())
}
