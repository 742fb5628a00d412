//! How ids, instants and messages stand in rows.

use super::error::SqliteError;
use crate::store::{StoreError, instant};
use rtfm_shared::event::{ChatMessage, MessageId};
use rusqlite::{Connection, OptionalExtension, Row};

pub(super) use instant::microseconds;

/// A snowflake as a rowid. SQLite's integers are signed, so the sign bit is flipped: every `u64` has
/// its place and the order stays.
pub(super) fn key(snowflake: u64) -> i64 {
    (snowflake ^ (1 << 63)).cast_signed()
}

/// The rowid of a message that is to be stored.
pub(super) fn key_of(id: &MessageId) -> Result<i64, StoreError> {
    id.snowflake().map(key).ok_or_else(|| StoreError::Refused(format!("message id {:?} is not a snowflake", id.0)))
}

/// The rowids of those ids that a stored message can have, as a JSON list for `json_each`.
pub(super) fn keys_json<'a>(ids: impl IntoIterator<Item = &'a MessageId>) -> String {
    json_list(ids.into_iter().filter_map(MessageId::snowflake).map(key))
}

/// Numbers as a JSON list, which one parameter can carry however many they are.
pub(super) fn json_list(numbers: impl IntoIterator<Item = i64>) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(","))
}

/// A message from its `body` column.
pub(super) fn message(body: &str) -> Result<ChatMessage, SqliteError> {
    Ok(serde_json::from_str(body)?)
}

/// The messages of a query that selects `body`.
pub(super) fn messages(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<ChatMessage>, SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let bodies = statement.query_map(parameters, |row: &Row<'_>| row.get::<_, String>(0))?;
    bodies.map(|body| message(&body?)).collect()
}

/// The number of a name, when it has one.
pub(super) fn number(connection: &Connection, name: &str) -> Result<Option<i64>, SqliteError> {
    let mut statement = connection.prepare_cached("SELECT number FROM name WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// The number of a name; it gets one when it has none.
pub(super) fn number_or_new(connection: &Connection, name: &str) -> Result<i64, SqliteError> {
    match number(connection, name)? {
        Some(number) => Ok(number),
        None => {
            connection.prepare_cached("INSERT INTO name (name) VALUES (?1)")?.execute([name])?;
            Ok(connection.last_insert_rowid())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn every_snowflake_keeps_its_order() {
        let snowflakes = [0, 1, 1_234_567_890, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
        assert!(snowflakes.map(key).is_sorted());
    }
}
