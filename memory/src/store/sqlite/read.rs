//! Reads that need no search: by id, by position, by filter.

use super::{
    error::SqliteError,
    filter::Conditions,
    rows::{key, keys_json, lookup_name, messages},
};
use crate::store::{Filter, Neighbourhood};
use rtfm_shared::event::{ChatMessage, GuildId, MessageId};
use rusqlite::{Connection, params, params_from_iter, types::Value};

pub(super) fn get(connection: &Connection, ids: &[MessageId]) -> Result<Vec<ChatMessage>, SqliteError> {
    let sql = "SELECT body FROM message WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id";
    messages(connection, sql, [keys_json(ids)])
}

pub(super) fn replies(connection: &Connection, ids: &[MessageId]) -> Result<Vec<ChatMessage>, SqliteError> {
    let sql = "SELECT body FROM message WHERE reply_to IN (SELECT value FROM json_each(?1)) ORDER BY id";
    messages(connection, sql, [keys_json(ids)])
}

pub(super) fn neighbours(connection: &Connection, place: &Neighbourhood) -> Result<Vec<ChatMessage>, SqliteError> {
    let Some(middle) = place.message_id.snowflake().map(key) else { return Ok(Vec::new()) };
    let Some(channel) = lookup_name(connection, place.channel_id.as_str())? else { return Ok(Vec::new()) };
    let side = |sql: &str, limit: usize| {
        messages(connection, sql, params![channel, middle, i64::try_from(limit).unwrap_or(i64::MAX)])
    };
    let before = "SELECT body FROM message WHERE channel = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
    let after = "SELECT body FROM message WHERE channel = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    let mut found = side(before, place.before)?;
    found.reverse();
    found.extend(side(after, place.after)?);
    Ok(found)
}

pub(super) fn scroll(
    connection: &Connection,
    filter: &Filter,
    after: Option<&MessageId>,
    limit: usize,
) -> Result<Vec<ChatMessage>, SqliteError> {
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    let mut conditions = conditions.complete(filter);
    if let Some(after) = after.and_then(MessageId::snowflake) {
        conditions.push("message.id > ?", Value::Integer(key(after)));
    }
    let sql = format!("SELECT body FROM message WHERE true{} ORDER BY id LIMIT ?", conditions.sql());
    let limit = Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
    messages(connection, &sql, params_from_iter(conditions.parameters.into_iter().chain([limit])))
}

pub(super) fn count(connection: &Connection, filter: &Filter) -> Result<u64, SqliteError> {
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(0) };
    let conditions = conditions.complete(filter);
    let sql = format!("SELECT count(*) FROM message WHERE true{}", conditions.sql());
    let count: i64 =
        connection.prepare_cached(&sql)?.query_row(params_from_iter(conditions.parameters), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

pub(super) fn guilds(connection: &Connection) -> Result<Vec<GuildId>, SqliteError> {
    let sql = "SELECT name FROM name WHERE number IN (SELECT DISTINCT guild FROM message) ORDER BY name";
    let mut statement = connection.prepare_cached(sql)?;
    let guilds = statement.query_map([], |row| row.get::<_, String>(0))?;
    Ok(guilds.map(|guild| guild.map(GuildId)).collect::<Result<_, _>>()?)
}
