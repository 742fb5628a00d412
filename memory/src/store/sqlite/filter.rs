//! Translates a filter to SQL. Every value is a bound parameter; ids become their interned numbers.

use super::{
    error::SqliteError,
    rows::{NO_GUILD, json_list, keys_json, lookup_name, microseconds},
};
use crate::store::{Channels, Filter};
use rusqlite::{Connection, types::Value};

/// SQL conditions on the columns `channel`, `author` and `written_at`, and their parameters in order. Guilds and excluded
/// messages come in later, by [`Self::with_guilds`] or [`Self::complete`]: a vector table has no column `message.id`.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// The numbers of the included guilds; `None` does not narrow.
    guilds: Option<Vec<i64>>,
    clauses: Vec<String>,
    pub(super) parameters: Vec<Value>,
}

impl Conditions {
    /// `None` when no stored message can be inside the filter.
    pub(super) fn of(connection: &Connection, filter: &Filter) -> Result<Option<Self>, SqliteError> {
        let mut conditions = Self::default();
        if let Some(guild) = &filter.guild_id {
            let unknown = filter.takes_unknown_guilds().then_some(NO_GUILD);
            let guilds: Vec<i64> = lookup_name(connection, guild.as_str())?.into_iter().chain(unknown).collect();
            if guilds.is_empty() {
                return Ok(None);
            }
            conditions.guilds = Some(guilds);
        }
        if let Channels::Only(channels) = &filter.channels
            && !conditions.push_one_of(connection, "channel", channels.iter().map(|id| id.as_str()))?
        {
            return Ok(None);
        }
        if !filter.authors.is_empty()
            && !conditions.push_one_of(connection, "author", filter.authors.iter().map(|id| id.as_str()))?
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

    /// Adds the condition on `guild`.
    pub(super) fn with_guilds(mut self) -> Self {
        if let Some(guilds) = self.guilds.take() {
            self.push("guild IN (SELECT value FROM json_each(?))", Value::Text(json_list(guilds)));
        }
        self
    }

    /// Adds the condition on `guild`, and excludes the filter's excluded messages by `message.id`.
    pub(super) fn complete(self, filter: &Filter) -> Self {
        let mut complete = self.with_guilds();
        if !filter.exclude.is_empty() {
            let excluded = Value::Text(keys_json(&filter.exclude));
            complete.push("message.id NOT IN (SELECT value FROM json_each(?))", excluded);
        }
        complete
    }

    /// Adds a condition that has one parameter.
    pub(super) fn push(&mut self, condition: &str, parameter: Value) {
        self.clauses.push(condition.to_owned());
        self.parameters.push(parameter);
    }

    /// The conditions as SQL that continues a `WHERE` clause.
    pub(super) fn sql(&self) -> String {
        self.clauses.iter().map(|condition| format!(" AND {condition}")).collect()
    }

    /// Adds "`column` is one of these names"; false when the store knows none of them.
    fn push_one_of<'a>(
        &mut self,
        connection: &Connection,
        column: &str,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<bool, SqliteError> {
        let mut numbers = Vec::new();
        for name in names {
            numbers.extend(lookup_name(connection, name)?);
        }
        let any_known = !numbers.is_empty();
        self.push(&format!("{column} IN (SELECT value FROM json_each(?))"), Value::Text(json_list(numbers)));
        Ok(any_known)
    }
}
