//! What a search may see. There is no way to make a filter that sees everything by accident: the
//! default sees nothing.

use jiff::Timestamp;
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId, UserId};

/// The channels a search may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channels {
    /// These and no others; an empty list is nothing at all.
    Only(Vec<ChannelId>),
    /// All of them: for the operator's own tools.
    All,
}

/// What a search may see; every part narrows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only this guild. `None` does not narrow. Messages of older producers carry no guild: where channels are
    /// named, those that stand in one of them count as this guild's, since channel ids are unique; where all
    /// channels are meant, they are left out.
    pub guild_id: Option<GuildId>,
    /// Only these channels.
    pub channels: Channels,
    /// Only these authors; empty does not narrow.
    pub authors: Vec<UserId>,
    /// Only messages written at or after this.
    pub since: Option<Timestamp>,
    /// Only messages written before this.
    pub until: Option<Timestamp>,
    /// Treated as if they were not stored.
    pub exclude: Vec<MessageId>,
}

impl Default for Filter {
    fn default() -> Self {
        Self::channels(None, Vec::new())
    }
}

impl Filter {
    /// These channels of this guild.
    pub fn channels(guild_id: Option<GuildId>, channels: Vec<ChannelId>) -> Self {
        Self { channels: Channels::Only(channels), ..Self::everything(guild_id) }
    }

    /// Every channel, of this guild or of all: for the operator's own tools.
    pub fn everything(guild_id: Option<GuildId>) -> Self {
        Self { guild_id, channels: Channels::All, authors: Vec::new(), since: None, until: None, exclude: Vec::new() }
    }

    /// Whether messages without a guild count as of the guild that is meant.
    pub fn takes_unknown_guilds(&self) -> bool {
        matches!(self.channels, Channels::Only(_))
    }

    /// Whether a message may be in this guild, or in none that is known.
    pub fn lets_in(&self, guild: Option<&GuildId>) -> bool {
        match (&self.guild_id, guild) {
            (None, _) => true,
            (Some(_), None) => self.takes_unknown_guilds(),
            (Some(wanted), Some(guild)) => wanted == guild,
        }
    }

    /// Whether this message is inside the filter, for messages that come by another way than a search.
    pub fn lets_through(&self, message: &ChatMessage) -> bool {
        let channel = match &self.channels {
            Channels::All => true,
            Channels::Only(channels) => channels.contains(&message.channel_id),
        };
        channel
            && self.lets_in(message.guild_id.as_ref())
            && (self.authors.is_empty() || self.authors.contains(&message.user_id))
            && self.since.is_none_or(|since| message.timestamp >= since)
            && self.until.is_none_or(|until| message.timestamp < until)
            && !self.exclude.contains(&message.message_id)
    }

    /// Whether it can let nothing through, so that no search is needed.
    pub fn is_empty(&self) -> bool {
        matches!(&self.channels, Channels::Only(channels) if channels.is_empty())
    }
}
