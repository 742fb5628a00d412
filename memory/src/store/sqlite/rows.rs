//! The form of ids, instants and messages in rows.

use super::error::SqliteError;
use crate::store::{StoreError, instant};
use rtfm_shared::event::{ChatMessage, GuildId, MessageId};
use rusqlite::{Connection, OptionalExtension, Row};

pub(super) use instant::microseconds;

/// The guild number of messages without a guild.
pub(super) const NO_GUILD: i64 = 0;

/// A snowflake as a rowid. SQLite's integers are signed. Flipping the sign bit maps every `u64` to one and preserves the
/// order.
pub(super) fn key(snowflake: u64) -> i64 {
    (snowflake ^ (1 << 63)).cast_signed()
}

/// The rowid of a message to store; an error when its id is not a snowflake.
pub(super) fn key_of(id: &MessageId) -> Result<i64, StoreError> {
    id.snowflake().map(key).ok_or_else(|| StoreError::not_a_snowflake(id))
}

/// The rowids of these ids as a JSON list for `json_each`. It skips ids that are not snowflakes, because no stored
/// message has one.
pub(super) fn keys_json<'a>(ids: impl IntoIterator<Item = &'a MessageId>) -> String {
    json_list(ids.into_iter().filter_map(MessageId::snowflake).map(key))
}

/// Numbers as a JSON list for `json_each`: one SQL parameter for any count of them.
pub(super) fn json_list(numbers: impl IntoIterator<Item = i64>) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(","))
}

/// Decodes a message from its `body` column.
pub(super) fn message(body: &str) -> Result<ChatMessage, SqliteError> {
    Ok(serde_json::from_str(body)?)
}

/// Runs a query that selects the `body` of messages.
pub(super) fn messages(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<ChatMessage>, SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let bodies = statement.query_map(parameters, |row: &Row<'_>| row.get::<_, String>(0))?;
    bodies.map(|body| message(&body?)).collect()
}

/// Runs a query that selects one integer column.
pub(super) fn numbers(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<i64>, SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let numbers = statement.query_map(parameters, |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(numbers)
}

/// The number of an interned name; `None` when the file does not have the name.
pub(super) fn lookup_name(connection: &Connection, name: &str) -> Result<Option<i64>, SqliteError> {
    let mut statement = connection.prepare_cached("SELECT number FROM name WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// The number of a name; a new name gets the next one.
pub(super) fn intern_name(connection: &Connection, name: &str) -> Result<i64, SqliteError> {
    match lookup_name(connection, name)? {
        Some(number) => Ok(number),
        None => {
            connection.prepare_cached("INSERT INTO name (name) VALUES (?1)")?.execute([name])?;
            Ok(connection.last_insert_rowid())
        }
    }
}

/// The number for a message's guild.
pub(super) fn guild_number(connection: &Connection, guild: Option<&GuildId>) -> Result<i64, SqliteError> {
    guild.map_or(Ok(NO_GUILD), |guild| intern_name(connection, guild.as_str()))
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn keys_preserve_the_order_of_snowflakes() {
        let snowflakes = [0, 1, 1_234_567_890, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
        assert!(snowflakes.map(key).is_sorted());
    }
}
