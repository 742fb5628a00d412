//! Vectors and the search among them. Each is kept twice: whole, and coarse (`code`) in the order of the channels, where a
//! search reads only the channels that it may see. The coarse ones tell how near each can be at best; only those that
//! can be among the nearest are then compared whole, so that the result is exact.

use super::{
    error::SqliteError,
    files,
    filter::Conditions,
    quantized::{QuantizedVector, bytes_of, cosine},
    rows::key,
    threshold::{OrderedScore, TopKThreshold},
};
use crate::store::Filter;
use rtfm_shared::event::MessageId;
use rusqlite::{Connection, params, params_from_iter};
use std::collections::HashSet;

/// Where a message or passage stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct VectorKey {
    pub(super) id: i64,
    pub(super) guild: i64,
    pub(super) channel: i64,
    pub(super) author: i64,
    pub(super) written_at: i64,
}

/// The tables of a space; what goes out of the first goes out of the second by itself.
pub(super) fn tables(name: &str) -> String {
    format!(
        "CREATE TABLE \"{name}\" (id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, embedding BLOB NOT NULL) STRICT;
         CREATE TABLE \"{name}_quantized\" (
             channel    INTEGER NOT NULL,
             id         INTEGER NOT NULL,
             guild      INTEGER NOT NULL,
             author     INTEGER NOT NULL,
             written_at INTEGER NOT NULL,
             scale      REAL NOT NULL,
             error      REAL NOT NULL,
             code       BLOB NOT NULL,
             PRIMARY KEY (channel, id)
         ) STRICT, WITHOUT ROWID;
         CREATE TRIGGER \"{name}_gone\" AFTER DELETE ON \"{name}\" BEGIN
             DELETE FROM \"{name}_quantized\" WHERE channel = old.channel AND id = old.id;
         END;"
    )
}

/// Keeps a vector, which has a direction, where there is none yet.
pub(super) fn put(connection: &Connection, table: &str, place: VectorKey, vector: &[f32]) -> Result<(), SqliteError> {
    let VectorKey { id, guild, channel, author, written_at } = place;
    connection
        .prepare_cached(&format!("INSERT INTO \"{table}\" (id, channel, embedding) VALUES (?1, ?2, ?3)"))?
        .execute(params![id, channel, bytes_of(vector)])?;
    let code = QuantizedVector::of(vector);
    connection
        .prepare_cached(&format!(
            "INSERT INTO \"{table}_quantized\" (channel, id, guild, author, written_at, scale, error, code)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        ))?
        .execute(params![channel, id, guild, author, written_at, code.scale, code.error, code.bytes()])?;
    Ok(())
}

/// By meaning: the exact nearest neighbours by cosine, nearest first, of equals by id.
pub(super) fn nearest(
    connection: &Connection,
    table: &str,
    filter: &Filter,
    vector: &[f32],
    limit: usize,
) -> Result<Vec<(i64, f64)>, SqliteError> {
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    let excluded = excluded(connection, filter)?;
    let candidates =
        candidates(connection, table, conditions.narrowed(), &excluded, &QuantizedVector::of(vector), limit)?;
    let mut whole = connection.prepare_cached(&format!("SELECT embedding FROM \"{table}\" WHERE id = ?1"))?;
    let mut found = Vec::with_capacity(candidates.len());
    for id in candidates {
        let score = whole.query_row([id], |row| Ok(cosine(vector, row.get_ref(0)?.as_blob()?)))?;
        found.push((id, score));
    }
    found.sort_by(|(a, score), (b, other)| other.total_cmp(score).then(a.cmp(b)));
    found.truncate(limit);
    Ok(found)
}

/// The numbers of the messages that the filter excludes, and of their passages.
fn excluded(connection: &Connection, filter: &Filter) -> Result<HashSet<i64>, SqliteError> {
    let messages: Vec<i64> = filter.exclude.iter().filter_map(MessageId::snowflake).map(key).collect();
    let of_files = if messages.is_empty() { Vec::new() } else { files::numbers_of(connection, &messages)? };
    Ok(messages.into_iter().chain(of_files).collect())
}

/// All that can be among the nearest.
fn candidates(
    connection: &Connection,
    table: &str,
    conditions: Conditions,
    excluded: &HashSet<i64>,
    query: &QuantizedVector,
    limit: usize,
) -> Result<Vec<i64>, SqliteError> {
    let sql = format!("SELECT id, scale, error, code FROM \"{table}_quantized\" WHERE 1{}", conditions.sql());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(conditions.parameters))?;
    let mut sure = TopKThreshold::of(limit);
    let mut possible = Vec::new();
    while let Some(row) = rows.next()? {
        let code = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        let (cosine, slack) = query.cosine(row.get(1)?, row.get(2)?, code);
        let at_best = OrderedScore(cosine + slack);
        if at_best >= sure.least() {
            let id = row.get(0)?;
            if !excluded.contains(&id) {
                sure.add(OrderedScore(cosine - slack));
                possible.push((at_best, id));
            }
        }
    }
    let least = sure.least();
    Ok(possible.into_iter().filter(|(at_best, _)| *at_best >= least).map(|(_, id)| id).collect())
}
