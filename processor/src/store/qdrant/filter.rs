//! A filter as Qdrant's.

use super::collection::field;
use crate::store::{Channels, Filter, instant::microseconds};
use qdrant_client::qdrant::{self, Condition, PointId, Range};
use rtfm_shared::event::MessageId;

/// One of these texts.
pub(super) fn one_of<'a>(field: &str, values: impl IntoIterator<Item = &'a str>) -> Condition {
    Condition::matches(field, values.into_iter().map(str::to_owned).collect::<Vec<String>>())
}

/// Everything that the filter asks for.
pub(super) fn filter(filter: &Filter) -> qdrant::Filter {
    let mut must = Vec::new();
    if let Some(guild) = &filter.guild_id {
        let of_guild = one_of(field::GUILD, [guild.as_str()]);
        must.push(match filter.takes_unknown_guilds() {
            true => qdrant::Filter::should([of_guild, Condition::is_empty(field::GUILD)]).into(),
            false => of_guild,
        });
    }
    if let Channels::Only(channels) = &filter.channels {
        must.push(one_of(field::CHANNEL, channels.iter().map(|id| id.as_str())));
    }
    if !filter.authors.is_empty() {
        must.push(one_of(field::USER, filter.authors.iter().map(|id| id.as_str())));
    }
    if filter.since.is_some() || filter.until.is_some() {
        // Microseconds of our age are exact as floats.
        let bound = |instant: Option<jiff::Timestamp>| instant.map(|instant| microseconds(instant) as f64);
        let range = Range { gte: bound(filter.since), lt: bound(filter.until), ..Range::default() };
        must.push(Condition::range(field::WRITTEN_AT, range));
    }
    let excluded: Vec<PointId> = filter.exclude.iter().filter_map(MessageId::snowflake).map(PointId::from).collect();
    let must_not = if excluded.is_empty() { Vec::new() } else { vec![Condition::has_id(excluded)] };
    qdrant::Filter { must, must_not, ..qdrant::Filter::default() }
}
