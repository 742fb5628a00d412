//! Finds people and channels by name. Only messages carry names. The name of an author or a channel is therefore the one
//! on its newest message inside the filter, which an index finds.

use super::{error::SqliteError, filter::Conditions, rows::message};
use crate::store::{Filter, names};
use rusqlite::{Connection, params_from_iter};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    Authors,
    Channels,
}

/// The ids of authors or channels that have one of these names, each with the name.
pub(super) fn ids_by_name(
    connection: &Connection,
    filter: &Filter,
    wanted: &[String],
    kind: NameKind,
) -> Result<Vec<(String, String)>, SqliteError> {
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    let conditions = conditions.complete(filter);
    let (column, index, order) = match kind {
        NameKind::Authors => ("author", "message_by_author", "written_at"),
        NameKind::Channels => ("channel", "message_by_channel", "id"),
    };
    let sql = format!(
        include_str!("sql/newest_messages.sql"),
        column = column,
        index = index,
        order = order,
        conditions = conditions.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(conditions.parameters))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, body): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        let Some(body) = body else { continue };
        let message = message(&body)?;
        let its_names = match kind {
            NameKind::Authors => names::of_author(&message),
            NameKind::Channels => names::of_channel(&message).into_iter().collect(),
        };
        for name in wanted.iter().filter(|name| its_names.contains(&names::key(name))) {
            found.push((id.clone(), name.clone()));
        }
    }
    found.sort();
    Ok(found)
}
