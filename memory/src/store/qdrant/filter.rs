//! Translates a filter to Qdrant's.

use super::collection::field;
use crate::store::{Channels, Filter, instant::microseconds};
use qdrant_client::qdrant::{self, Condition, Range};
use rtfm_shared::event::MessageId;

/// Matches points whose keyword field has one of these values.
pub(super) fn one_of<'a>(field: &str, values: impl IntoIterator<Item = &'a str>) -> Condition {
    Condition::matches(field, values.into_iter().map(str::to_owned).collect::<Vec<String>>())
}

/// Matches messages, but not passages of files.
pub(super) fn messages_only() -> Condition {
    Condition::is_empty(field::MESSAGE)
}

/// The filter, for messages only.
pub(super) fn of_messages(messages: &Filter) -> qdrant::Filter {
    let mut filter = filter(messages);
    filter.must.push(messages_only());
    filter
}

/// Conditions for these messages and for the passages of their files.
pub(super) fn with_files(snowflakes: &[u64]) -> [Condition; 2] {
    let texts: Vec<String> = snowflakes.iter().map(u64::to_string).collect();
    [Condition::has_id(snowflakes.iter().copied()), one_of(field::MESSAGE, texts.iter().map(String::as_str))]
}

/// The filter, for messages and the passages of their files.
pub(super) fn filter(filter: &Filter) -> qdrant::Filter {
    let mut must = Vec::new();
    if let Some(guild) = &filter.guild_id {
        let of_guild = one_of(field::GUILD, [guild.as_str()]);
        must.push(if filter.takes_unknown_guilds() {
            qdrant::Filter::should([of_guild, Condition::is_empty(field::GUILD)]).into()
        } else {
            of_guild
        });
    }
    if let Channels::Only(channels) = &filter.channels {
        must.push(one_of(field::CHANNEL, channels.iter().map(|id| id.as_str())));
    }
    if !filter.authors.is_empty() {
        must.push(one_of(field::USER, filter.authors.iter().map(|id| id.as_str())));
    }
    if filter.since.is_some() || filter.until.is_some() {
        // Microseconds up to the year 2255 are exact as floats.
        let bound = |instant: Option<jiff::Timestamp>| instant.map(|instant| microseconds(instant) as f64);
        let range = Range { gte: bound(filter.since), lt: bound(filter.until), ..Range::default() };
        must.push(Condition::range(field::WRITTEN_AT, range));
    }
    let excluded: Vec<u64> = filter.exclude.iter().filter_map(MessageId::snowflake).collect();
    let must_not = if excluded.is_empty() { Vec::new() } else { with_files(&excluded).to_vec() };
    qdrant::Filter { must, must_not, ..qdrant::Filter::default() }
}
