//! Exact nearest-neighbour search. Every vector is stored twice: exact, and quantised (`code`) in the order of channels,
//! so that a search reads only the channels inside its filter. The quantised vectors bound each cosine. Only vectors that
//! can be among the nearest are then compared exactly.

use super::{
    error::SqliteError,
    files,
    filter::Conditions,
    quantized::{QuantizedVector, bytes_of, cosine},
    rows::key,
    search::Scored,
    threshold::{OrderedScore, TopKThreshold},
};
use crate::store::Filter;
use rtfm_shared::event::MessageId;
use rusqlite::{Connection, params, params_from_iter};
use std::collections::HashSet;

/// The key columns of the vector of a message or passage.
#[derive(Clone, Copy, Debug)]
pub(super) struct VectorKey {
    pub(super) id: i64,
    pub(super) guild: i64,
    pub(super) channel: i64,
    pub(super) author: i64,
    pub(super) written_at: i64,
}

/// SQL that creates the tables of a space.
pub(super) fn create_tables(table: &str) -> String {
    format!(include_str!("sql/vector_tables.sql"), table = table)
}

/// SQL that drops the tables of a space.
pub(super) fn drop_tables(table: &str) -> String {
    format!("DROP TABLE \"{table}\"; DROP TABLE \"{table}_quantized\"")
}

/// Inserts a vector, which must not be zero, under a number that has none yet.
pub(super) fn insert(connection: &Connection, table: &str, at: VectorKey, vector: &[f32]) -> Result<(), SqliteError> {
    let VectorKey { id, guild, channel, author, written_at } = at;
    connection
        .prepare_cached(&format!("INSERT INTO \"{table}\" (id, channel, embedding) VALUES (?1, ?2, ?3)"))?
        .execute(params![id, channel, bytes_of(vector)])?;
    let quantized = QuantizedVector::of(vector);
    connection.prepare_cached(&format!(include_str!("sql/insert_quantized.sql"), table = table))?.execute(params![
        channel,
        id,
        guild,
        author,
        written_at,
        quantized.scale,
        quantized.error,
        quantized.bytes()
    ])?;
    Ok(())
}

/// The exact nearest neighbours by cosine: nearest first, ties by id.
pub(super) fn nearest(
    connection: &Connection,
    table: &str,
    filter: &Filter,
    vector: &[f32],
    limit: usize,
) -> Result<Vec<Scored>, SqliteError> {
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    let excluded = excluded(connection, filter)?;
    let query = QuantizedVector::of(vector);
    let candidates = candidates(connection, table, conditions.with_guilds(), &excluded, &query, limit)?;
    let mut embedding = connection.prepare_cached(&format!("SELECT embedding FROM \"{table}\" WHERE id = ?1"))?;
    let mut found = Vec::with_capacity(candidates.len());
    for id in candidates {
        let score = embedding.query_row([id], |row| Ok(cosine(vector, row.get_ref(0)?.as_blob()?)))?;
        found.push((id, score));
    }
    found.sort_by(|(a, score), (b, other)| other.total_cmp(score).then(a.cmp(b)));
    found.truncate(limit);
    Ok(found)
}

/// The numbers of the excluded messages and of their passages.
fn excluded(connection: &Connection, filter: &Filter) -> Result<HashSet<i64>, SqliteError> {
    let messages: Vec<i64> = filter.exclude.iter().filter_map(MessageId::snowflake).map(key).collect();
    let passages = if messages.is_empty() { Vec::new() } else { files::passages_of(connection, &messages)? };
    Ok(messages.into_iter().chain(passages).collect())
}

/// The numbers of all vectors that can be among the nearest.
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
    let mut threshold = TopKThreshold::new(limit);
    let mut possible = Vec::new();
    while let Some(row) = rows.next()? {
        let code = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        let (cosine, slack) = query.cosine(row.get(1)?, row.get(2)?, code);
        let upper_bound = OrderedScore(cosine + slack);
        if upper_bound >= threshold.value() {
            let id = row.get(0)?;
            if !excluded.contains(&id) {
                threshold.push(OrderedScore(cosine - slack));
                possible.push((upper_bound, id));
            }
        }
    }
    let threshold = threshold.value();
    Ok(possible.into_iter().filter(|(upper_bound, _)| *upper_bound >= threshold).map(|(_, id)| id).collect())
}
