//! What may be kept, and found: by what people and guilds decided, as this service knows it right now.

use crate::store::{Channels, Filter};
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::{
    event::{ChannelMode, ChatMessage, GuildId},
    settings::Settings,
};

/// The gate before the memory.
#[derive(Clone, Debug)]
pub struct VisibilityPolicy {
    settings: Settings,
}

impl VisibilityPolicy {
    /// The policy that `settings` hold at each call.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Whether its author and its guild let a message be kept.
    pub fn admits(&self, message: &ChatMessage) -> bool {
        let oldest = message.guild_id.as_ref().and_then(|guild| self.oldest(guild));
        self.settings.may_remember(message) && oldest.is_none_or(|oldest| message.timestamp >= oldest)
    }

    /// What was written in a guild before this is too old to be kept.
    pub fn oldest(&self, guild: &GuildId) -> Option<Timestamp> {
        let days = self.settings.guild(guild).retention_days?;
        let age = SignedDuration::from_hours(i64::from(days).saturating_mul(24));
        // Longer than there are messages.
        Some(Timestamp::now().checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// The same view without what must not be found any more, as far as a filter can say it; the rest is told apart
    /// by [`VisibilityPolicy::admits`], message by message.
    pub fn narrow(&self, mut filter: Filter) -> Filter {
        let Some(guild) = filter.guild_id.clone() else { return filter };
        filter.since = filter.since.max(self.oldest(&guild));
        let rule = &self.settings.guild(&guild).remembered;
        if let Channels::Only(channels) = &mut filter.channels {
            match rule.mode {
                ChannelMode::Except => channels.retain(|channel| !rule.channel_ids.contains(channel)),
                // A thread may hang on a channel of the list: its messages say so.
                ChannelMode::All | ChannelMode::Only => {}
                ChannelMode::Other => channels.clear(),
            }
        }
        filter
    }
}
