//! Messages and channels that may not be remembered are neither asked for nor shown, from the moment of the decision: what
//! was stored before may not be removed yet, and Discord still has it.

use crate::discord::{
    ids::ToEventId,
    message::chat_message,
    model::{Cache, GuildId, Message},
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

/// Whether a message that was fetched from Discord may be remembered, and so shown and asked about.
pub(super) fn may_be_remembered(settings: &Settings, cache: &Cache, guild: Option<GuildId>, message: &Message) -> bool {
    let mut message = chat_message(cache, message, guild, false);
    // Archived threads are not in the cache, which alone knows names.
    if let Some(guild) = message.guild_id.as_ref().filter(|_| message.metadata.channel_name.is_none()) {
        message.parent_id = settings.public_thread_of(guild, &message.channel_id);
        let rule = &settings.guild(guild).remembered;
        if message.parent_id.is_none() && rule.mode != ChannelMode::All {
            // It may be a thread of a channel that the server left out.
            return false;
        }
    }
    settings.admits(&message)
}
