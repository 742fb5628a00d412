//! The search by words, inside the filter, and what stands behind the hits of both legs.

use super::{
    failure::Failure,
    files,
    filter::Conditions,
    rows::{json_list, message},
};
use crate::store::{Filter, Hit, file::has_file, words};
use rusqlite::{Connection, params_from_iter, types::Value};
use std::collections::{HashMap, HashSet};

/// A rowid and its score.
type Scored = (i64, f64);

/// By words: BM25 over the words of the text, any of which may match.
pub(super) fn lexical(
    connection: &Connection,
    filter: &Filter,
    text: &str,
    limit: usize,
) -> Result<Vec<Scored>, Failure> {
    let words = words::of_query(text);
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let conditions = conditions.complete(filter);
    // Words are letters, digits and marks only; in quotes they are no operators.
    let query: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    // CROSS JOIN: the words find, then the filter narrows, then what is left is scored. A passage is where its
    // message is.
    let sql = format!(
        "SELECT text.rowid, -bm25(text) AS score FROM text LEFT JOIN passage ON passage.number = text.rowid
         CROSS JOIN message ON message.id = coalesce(passage.message, text.rowid)
         WHERE text MATCH ?{} ORDER BY score DESC, text.rowid LIMIT ?",
        conditions.sql()
    );
    let parameters = [Value::Text(query.join(" OR "))]
        .into_iter()
        .chain(conditions.parameters)
        .chain([Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX))]);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(parameters), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
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
