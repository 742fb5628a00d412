//! A filter as SQL. Everything is a bound parameter; ids become the numbers that stand for them.

use super::{
    failure::Failure,
    rows::{json_list, keys_json, microseconds, number},
};
use crate::store::{Channels, Filter};
use rusqlite::{Connection, types::Value};

/// Conditions on the columns `guild`, `channel`, `author`, `written_at`, and their parameters in order.
/// Those on `id` stand apart because a vector search takes them otherwise.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) columns: Vec<String>,
    pub(super) parameters: Vec<Value>,
}

impl Conditions {
    /// `None` when nothing that is stored can be inside the filter.
    pub(super) fn of(connection: &Connection, filter: &Filter) -> Result<Option<Self>, Failure> {
        let mut conditions = Self::default();
        if let Some(guild) = &filter.guild_id {
            let Some(guild) = number(connection, guild.as_str())? else { return Ok(None) };
            conditions.push("guild = ?", Value::Integer(guild));
        }
        if let Channels::Only(channels) = &filter.channels
            && !conditions.one_of(connection, "channel", channels.iter().map(|id| id.as_str()))?
        {
            return Ok(None);
        }
        if !filter.authors.is_empty()
            && !conditions.one_of(connection, "author", filter.authors.iter().map(|id| id.as_str()))?
        {
            return Ok(None);
        }
        if let Some(since) = filter.since {
            conditions.push("written_at >= ?", Value::Integer(microseconds(since)));
        }
        if let Some(until) = filter.until {
            conditions.push("written_at < ?", Value::Integer(microseconds(until)));
        }
        Ok(Some(conditions))
    }

    /// The same with the messages that the filter excludes.
    pub(super) fn with_excluded(mut self, filter: &Filter) -> Self {
        if !filter.exclude.is_empty() {
            let excluded = Value::Text(keys_json(&filter.exclude));
            self.push("message.id NOT IN (SELECT value FROM json_each(?))", excluded);
        }
        self
    }

    /// One more condition with its one parameter.
    pub(super) fn push(&mut self, condition: &str, parameter: Value) {
        self.columns.push(condition.to_owned());
        self.parameters.push(parameter);
    }

    /// As the end of a statement that has a `WHERE` already.
    pub(super) fn sql(&self) -> String {
        self.columns.iter().map(|condition| format!(" AND {condition}")).collect()
    }

    /// Whether any of the names is known at all.
    fn one_of<'a>(
        &mut self,
        connection: &Connection,
        column: &str,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<bool, Failure> {
        let mut numbers = Vec::new();
        for name in names {
            numbers.extend(number(connection, name)?);
        }
        let known = !numbers.is_empty();
        self.push(&format!("{column} IN (SELECT value FROM json_each(?))"), Value::Text(json_list(numbers)));
        Ok(known)
    }
}
