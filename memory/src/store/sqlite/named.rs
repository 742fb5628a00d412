//! People and channels by their names. A name stands on messages only; so each author or channel that there is gives
//! the newest message inside the filter, found by an index, and the name that stands on it counts.

use super::{error::SqliteError, filter::Conditions};
use crate::store::{Filter, names};
use rtfm_shared::event::ChatMessage;
use rusqlite::{Connection, params_from_iter};

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    Authors,
    Channels,
}

/// The ids of those that are called by one of these names, each with the name.
pub(super) fn called(
    connection: &Connection,
    filter: &Filter,
    wanted: &[String],
    who: NameKind,
) -> Result<Vec<(String, String)>, SqliteError> {
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    let conditions = conditions.complete(filter);
    let (column, index, order) = match who {
        NameKind::Authors => ("author", "message_by_author", "written_at"),
        NameKind::Channels => ("channel", "message_by_channel", "id"),
    };
    // The distinct numbers by steps through the index, instead of a look at every message.
    let sql = format!(
        "WITH RECURSIVE each (number) AS (
             SELECT min({column}) FROM message
             UNION ALL
             SELECT (SELECT min(next.{column}) FROM message AS next WHERE next.{column} > each.number)
             FROM each WHERE each.number IS NOT NULL
         )
         SELECT name.name, (
             SELECT body FROM message INDEXED BY {index} WHERE message.{column} = each.number{}
             ORDER BY message.{order} DESC LIMIT 1
         ) FROM each JOIN name ON name.number = each.number",
        conditions.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(conditions.parameters))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, body): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        let Some(body) = body else { continue };
        let message: ChatMessage = serde_json::from_str(&body)?;
        let called = match who {
            NameKind::Authors => names::of_author(&message),
            NameKind::Channels => names::of_channel(&message).into_iter().collect(),
        };
        for name in wanted.iter().filter(|name| called.contains(&names::key(name))) {
            found.push((id.clone(), name.clone()));
        }
    }
    found.sort();
    Ok(found)
}
