//! Turns the scored rowids of both legs into hits.

use super::{
    error::SqliteError,
    files,
    rows::{json_list, message},
};
use crate::store::{Filter, Hit, file::has_file};
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};

/// A rowid and its score.
pub(super) type Scored = (i64, f64);

/// Loads the messages and passages behind the scores, in the same order. It drops hits whose message is no longer inside
/// the filter or no longer has the passage's file.
pub(super) fn hits(
    connection: &Connection,
    filter: &Filter,
    legs: [Vec<Scored>; 2],
) -> Result<[Vec<Hit>; 2], SqliteError> {
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
            None => {
                let message = messages.get(&number).filter(|message| filter.matches(message))?;
                Some(Hit { message: message.clone(), passage: None, score })
            }
            Some((id, passage)) => {
                let message = messages.get(id)?;
                let is_visible = has_file(message, &passage.key) && filter.matches(message);
                is_visible.then(|| Hit { message: message.clone(), passage: Some(passage.clone()), score })
            }
        };
        leg.into_iter().filter_map(hit).collect()
    }))
}
