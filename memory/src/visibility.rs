//! Decides which messages may be stored and found, by the current decisions of people and guilds.

use crate::store::{Channels, Filter};
use jiff::Timestamp;
use rtfm_shared::{
    event::{ChannelMode, ChatMessage, GuildId},
    settings::Settings,
};

/// The visibility policy of the message store.
#[derive(Clone, Debug)]
pub struct VisibilityPolicy {
    settings: Settings,
}

impl VisibilityPolicy {
    /// A policy that reads `settings` at each call.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Whether a message's author and guild allow it to be stored and found.
    pub fn admits(&self, message: &ChatMessage) -> bool {
        self.settings.admits(message)
    }

    /// The start of a guild's retention period; older messages may not be stored.
    pub fn oldest(&self, guild: &GuildId) -> Option<Timestamp> {
        self.settings.oldest(guild)
    }

    /// Narrows a filter to what the policy allows. A filter cannot express every rule, so callers also check each
    /// message with [`VisibilityPolicy::admits`].
    pub fn narrow(&self, mut filter: Filter) -> Filter {
        let Some(guild) = filter.guild_id.clone() else { return filter };
        filter.since = filter.since.max(self.oldest(&guild));
        let rule = &self.settings.guild(&guild).remembered;
        if let Channels::Only(channels) = &mut filter.channels {
            match rule.mode {
                ChannelMode::Except => channels.retain(|channel| !rule.channel_ids.contains(channel)),
                // A thread's parent may be in the list; only its messages name the parent.
                ChannelMode::All | ChannelMode::Only => {}
                ChannelMode::Other => channels.clear(),
            }
        }
        filter
    }
}
