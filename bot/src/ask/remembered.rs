//! What a server decided not to remember is not asked for either, from the moment it decides so: what was stored
//! before may not be removed yet.

use crate::discord::{
    ids::ToEventId,
    model::{Cache, GuildId},
};
use rtfm_shared::{
    event::{ChannelId, ChannelMode},
    settings::Settings,
};
use std::collections::HashMap;

/// Those of these channels that are remembered; a thread goes with its channel.
pub(super) fn only_remembered(
    settings: &Settings,
    cache: &Cache,
    guild: Option<GuildId>,
    mut scope: Vec<ChannelId>,
) -> Vec<ChannelId> {
    let Some(guild) = guild else { return scope };
    let rule = &settings.guild(&guild.event_id()).remembered;
    if rule.mode == ChannelMode::All {
        return scope;
    }
    // Archived ones are noted; of those that are known now, the cache knows best.
    let mut parents: HashMap<ChannelId, ChannelId> = settings.public_threads(&guild.event_id());
    if let Some(guild) = cache.guild(guild) {
        let threads = guild.threads.iter();
        parents.extend(threads.filter_map(|thread| Some((thread.id.event_id(), thread.parent_id?.get().into()))));
    }
    scope.retain(|channel| rule.includes(channel, parents.get(channel)));
    scope
}
