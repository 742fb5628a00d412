//! A filter as SQL. Everything is a bound parameter; ids become the numbers that stand for them.

use super::{
    error::SqliteError,
    rows::{json_list, keys_json, microseconds, number},
};
use crate::store::{Channels, Filter};
use rusqlite::{Connection, types::Value};

/// What stands for "no guild".
const NO_GUILD: i64 = 0;

/// Conditions on the columns `channel`, `author`, `written_at`, and their parameters in order. Those on
/// `guild` and `id` stand apart because a vector search takes them otherwise.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// One of these guilds; none does not narrow.
    pub(super) guilds: Option<Vec<i64>>,
    pub(super) columns: Vec<String>,
    pub(super) parameters: Vec<Value>,
}

impl Conditions {
    /// `None` when nothing that is stored can be inside the filter.
    pub(super) fn of(connection: &Connection, filter: &Filter) -> Result<Option<Self>, SqliteError> {
        let mut conditions = Self::default();
        if let Some(guild) = &filter.guild_id {
            let unknown = filter.takes_unknown_guilds().then_some(NO_GUILD);
            let guilds: Vec<i64> = number(connection, guild.as_str())?.into_iter().chain(unknown).collect();
            if guilds.is_empty() {
                return Ok(None);
            }
            conditions.guilds = Some(guilds);
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

    /// The same with the guilds.
    pub(super) fn narrowed(mut self) -> Self {
        if let Some(guilds) = self.guilds.take() {
            self.push("guild IN (SELECT value FROM json_each(?))", Value::Text(json_list(guilds)));
        }
        self
    }

    /// The same with the guilds, and without the messages that the filter excludes.
    pub(super) fn complete(self, filter: &Filter) -> Self {
        let mut complete = self.narrowed();
        if !filter.exclude.is_empty() {
            let excluded = Value::Text(keys_json(&filter.exclude));
            complete.push("message.id NOT IN (SELECT value FROM json_each(?))", excluded);
        }
        complete
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
    ) -> Result<bool, SqliteError> {
        let mut numbers = Vec::new();
        for name in names {
            numbers.extend(number(connection, name)?);
        }
        let known = !numbers.is_empty();
        self.push(&format!("{column} IN (SELECT value FROM json_each(?))"), Value::Text(json_list(numbers)));
        Ok(known)
    }
}
