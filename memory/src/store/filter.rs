//! The filter inside every search. The default filter matches nothing, so that no caller sees everything by accident.

use jiff::Timestamp;
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId, UserId};

/// The channels that a filter includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channels {
    /// Only these channels; an empty list includes none.
    Only(Vec<ChannelId>),
    /// Every channel. Only the operator's tools use it.
    All,
}

/// The messages that an operation may see. A message has to satisfy every part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only this guild; `None` does not narrow. Messages from older producers carry no guild. With
    /// [`Channels::Only`] they count as this guild's, because channel ids are unique across guilds. With
    /// [`Channels::All`] they are excluded.
    pub guild_id: Option<GuildId>,
    /// Only messages in these channels.
    pub channels: Channels,
    /// Only messages by these authors; an empty list does not narrow.
    pub authors: Vec<UserId>,
    /// Only messages written at or after this instant.
    pub since: Option<Timestamp>,
    /// Only messages written before this instant.
    pub until: Option<Timestamp>,
    /// Messages to leave out, together with their files.
    pub exclude: Vec<MessageId>,
}

impl Default for Filter {
    fn default() -> Self {
        Self::channels(None, Vec::new())
    }
}

impl Filter {
    /// Includes these channels of this guild, without further restriction.
    pub fn channels(guild_id: Option<GuildId>, channels: Vec<ChannelId>) -> Self {
        Self { channels: Channels::Only(channels), ..Self::everything(guild_id) }
    }

    /// Includes every channel of this guild, or of all guilds. Only the operator's tools use it.
    pub fn everything(guild_id: Option<GuildId>) -> Self {
        Self { guild_id, channels: Channels::All, authors: Vec::new(), since: None, until: None, exclude: Vec::new() }
    }

    /// Whether messages without a guild count as messages of [`Self::guild_id`].
    pub fn takes_unknown_guilds(&self) -> bool {
        matches!(self.channels, Channels::Only(_))
    }

    /// Whether the filter includes messages of this guild; `None` asks about messages without a guild.
    pub fn includes_guild(&self, guild: Option<&GuildId>) -> bool {
        match (&self.guild_id, guild) {
            (None, _) => true,
            (Some(_), None) => self.takes_unknown_guilds(),
            (Some(wanted), Some(guild)) => wanted == guild,
        }
    }

    /// Whether the filter includes this message. Use it for messages that no filtered search returned.
    pub fn matches(&self, message: &ChatMessage) -> bool {
        let channel = match &self.channels {
            Channels::All => true,
            Channels::Only(channels) => channels.contains(&message.channel_id),
        };
        channel
            && self.includes_guild(message.guild_id.as_ref())
            && (self.authors.is_empty() || self.authors.contains(&message.user_id))
            && self.since.is_none_or(|since| message.timestamp >= since)
            && self.until.is_none_or(|until| message.timestamp < until)
            && !self.exclude.contains(&message.message_id)
    }

    /// Whether the filter excludes every message, so that the caller can skip the search.
    pub fn is_empty(&self) -> bool {
        matches!(&self.channels, Channels::Only(channels) if channels.is_empty())
    }
}
