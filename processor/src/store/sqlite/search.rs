//! The search by meaning, and what stands behind the hits of both legs.

use super::{
    failure::Failure,
    files,
    filter::Conditions,
    rows::{json_list, key, message},
    upsert::vector_bytes,
};
use crate::store::{Filter, Hit, StoreError, file::has_file};
use rtfm_shared::event::MessageId;
use rusqlite::{Connection, params_from_iter, types::Value};
use std::collections::{HashMap, HashSet};

/// The most that sqlite-vec gives for one search.
const MAX_NEAREST: usize = 4096;

/// A rowid and its score.
pub(super) type Scored = (i64, f64);

/// By meaning: the exact nearest neighbours by cosine. Vectors lie apart by guild, and a search reads one of
/// these parts or all: several guilds are as many searches.
pub(super) fn dense(
    connection: &Connection,
    table: &str,
    filter: &Filter,
    vector: &[f32],
    limit: usize,
) -> Result<Vec<Scored>, Failure> {
    let Some(mut conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    let Some(guilds) = conditions.guilds.take() else {
        return nearest(connection, table, &conditions, filter, vector, limit);
    };
    conditions.push("guild = ?", Value::Null);
    let mut found = Vec::new();
    for guild in guilds {
        conditions.parameters.pop();
        conditions.parameters.push(Value::Integer(guild));
        found.extend(nearest(connection, table, &conditions, filter, vector, limit)?);
    }
    found.sort_by(|(a, score), (b, other)| other.total_cmp(score).then(a.cmp(b)));
    found.truncate(limit);
    Ok(found)
}

/// The nearest inside these conditions, without those that the filter excludes.
fn nearest(
    connection: &Connection,
    table: &str,
    conditions: &Conditions,
    filter: &Filter,
    vector: &[f32],
    limit: usize,
) -> Result<Vec<Scored>, Failure> {
    let excluded: Vec<i64> = filter.exclude.iter().filter_map(MessageId::snowflake).map(key).collect();
    // One more than wanted shows whether the last place is shared; the excluded may fill places too.
    let mut nearest = limit.saturating_add(excluded.len()).saturating_add(1);
    let of_files = if excluded.is_empty() { Vec::new() } else { files::numbers_of(connection, &excluded)? };
    let excluded: HashSet<i64> = excluded.into_iter().chain(of_files).collect();
    if nearest > MAX_NEAREST {
        let most = MAX_NEAREST - 1;
        return Err(StoreError::Refused(format!("a search gives at most {most} hits, excluded ones included")).into());
    }
    let sql = format!("SELECT id, distance FROM \"{table}\" WHERE embedding MATCH ? AND k = ?{}", conditions.sql());
    let mut statement = connection.prepare_cached(&sql)?;
    loop {
        let parameters =
            [Value::Blob(vector_bytes(vector)), Value::Integer(i64::try_from(nearest).unwrap_or(i64::MAX))]
                .into_iter()
                .chain(conditions.parameters.iter().cloned());
        let rows = statement.query_map(params_from_iter(parameters), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut found: Vec<Scored> = rows.collect::<Result<_, _>>()?;
        found.sort_by(|(a, near), (b, far)| near.total_cmp(far).then(a.cmp(b)));
        let furthest = found.last().map(|(_, distance)| *distance);
        let complete = found.len() < nearest;
        found.retain(|(id, _)| !excluded.contains(id));
        // Where places are shared up to the end, some that share them may be missing: look further.
        let last = limit.checked_sub(1).and_then(|last| found.get(last)).map(|(_, distance)| *distance);
        if complete || (last.is_some() && last < furthest) || nearest == MAX_NEAREST {
            found.truncate(limit);
            return Ok(found.into_iter().map(|(id, distance)| (id, 1.0 - distance)).collect());
        }
        nearest = nearest.saturating_mul(4).min(MAX_NEAREST);
    }
}

/// What stands behind scores, in the same order. A passage's message is looked at as it is now: whether it is inside
/// the filter and still has the file.
pub(super) fn hits(connection: &Connection, filter: &Filter, legs: [Vec<Scored>; 2]) -> Result<[Vec<Hit>; 2], Failure> {
    let numbers: HashSet<i64> = legs.iter().flatten().map(|(number, _)| *number).collect();
    let passages = files::passages(connection, numbers.iter().copied().filter(|number| files::is_passage(*number)))?;
    let ids = numbers.iter().copied().chain(passages.values().map(|(message, _)| *message));
    let mut statement =
        connection.prepare_cached("SELECT id, body FROM message WHERE id IN (SELECT value FROM json_each(?1))")?;
    let rows = statement.query_map([json_list(ids)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let mut messages = HashMap::new();
    for row in rows {
        let (id, body) = row?;
        messages.insert(id, message(&body)?);
    }
    Ok(legs.map(|leg| {
        let hit = |(number, score)| match passages.get(&number) {
            None => Some(Hit { message: messages.get(&number)?.clone(), passage: None, score }),
            Some((id, passage)) => {
                let message = messages.get(id)?;
                let is_there = has_file(message, &passage.key) && filter.lets_through(message);
                is_there.then(|| Hit { message: message.clone(), passage: Some(passage.clone()), score })
            }
        };
        leg.into_iter().filter_map(hit).collect()
    }))
}
