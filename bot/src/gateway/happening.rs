//! What happens on Discord, as far as the bot acts on it.

use super::message::instant;
use crate::history::{View, views};
use jiff::Timestamp;
use serenity::{
    cache::Cache,
    model::{
        application::{CommandInteraction, ComponentInteraction, Interaction},
        channel::Message,
        event::{Event, MessageUpdateEvent},
        gateway::Ready,
        id::{ChannelId, GuildId, MessageId, UserId},
    },
};
use std::{collections::HashMap, sync::Arc};

/// Something that happened on Discord and that the bot acts on.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A new session began: what happened since the last one ended, nobody told.
    Ready {
        /// What Discord says of it.
        ready: Box<Ready>,
        /// Of which shard.
        shard: u32,
        /// Of how many.
        total: u32,
    },
    /// A shard's session was taken up again, and what happened meanwhile has been told.
    Resumed {
        /// Which shard.
        shard: u32,
        /// Of how many.
        total: u32,
    },
    /// A guild and its channels are known, and the bot is in it.
    GuildKnown {
        /// Which.
        guild: GuildId,
        /// The last message of each channel and thread that has one; what comes later is told.
        last: HashMap<ChannelId, MessageId>,
        /// Since when the bot is in it.
        joined: Timestamp,
    },
    /// A channel or thread was made.
    Opened {
        /// Where.
        guild: GuildId,
        /// Which.
        channel: ChannelId,
    },
    /// Who may view what may have changed.
    Rearranged {
        /// Where.
        guild: GuildId,
        /// What the bot sees from this event on.
        views: Vec<View>,
    },
    /// The bot came to see threads.
    Shown {
        /// Where.
        guild: GuildId,
        /// Which.
        threads: Vec<ChannelId>,
    },
    /// Somebody wrote something.
    Said(Box<Message>),
    /// A message changed; mostly only parts of it are told.
    Changed(Box<MessageUpdateEvent>),
    /// Messages are gone.
    Deleted {
        /// Where they stood.
        guild: Option<GuildId>,
        /// Where they stood.
        channel: ChannelId,
        /// Which.
        messages: Vec<MessageId>,
    },
    /// Channels or threads are gone.
    ChannelsDeleted {
        /// Where.
        guild: GuildId,
        /// Which.
        channels: Vec<ChannelId>,
    },
    /// The bot is no longer in a guild.
    Left(GuildId),
    /// Somebody is no longer a member of a guild.
    MemberLeft {
        /// Which.
        guild: GuildId,
        /// Who.
        user: UserId,
    },
    /// Somebody used a command.
    Command(Box<CommandInteraction>),
    /// Somebody clicked a button, or chose from a menu.
    Component(Box<ComponentInteraction>),
}

/// What happened, and the cache that is kept up to date with it.
pub(crate) type Heard = (Arc<Cache>, Happening);

impl Happening {
    /// A short fixed name.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::Resumed { .. } => "resumed",
            Self::GuildKnown { .. } => "guild",
            Self::Opened { .. } => "channel",
            Self::Rearranged { .. } => "rearrangement",
            Self::Shown { .. } => "threads",
            Self::Said(_) => "message",
            Self::Changed(_) => "edit",
            Self::Deleted { .. } => "deletion",
            Self::ChannelsDeleted { .. } => "channel_deletion",
            Self::Left(_) => "guild_left",
            Self::MemberLeft { .. } => "member_left",
            Self::Command(_) => "command",
            Self::Component(_) => "click",
        }
    }

    /// What is seen is found out here, where the cache is as the event left it.
    fn rearranged(cache: &Cache, guild: GuildId) -> Self {
        let me = cache.current_user().id;
        Self::Rearranged { guild, views: views(cache, guild, me) }
    }

    /// What an event means; `None` when the bot does nothing about it. The cache knows of it already.
    pub(super) fn of(event: Event, (shard, total): (u32, u32), cache: &Cache) -> Option<Self> {
        Some(match event {
            Event::Ready(event) => Self::Ready { ready: Box::new(event.ready), shard, total },
            Event::Resumed(_) => Self::Resumed { shard, total },
            Event::GuildCreate(event) => {
                let places = event.guild.channels.values().chain(&event.guild.threads);
                let last = places.filter_map(|place| Some((place.id, place.last_message_id?))).collect();
                Self::GuildKnown { guild: event.guild.id, last, joined: instant(event.guild.joined_at) }
            }
            Event::ChannelCreate(event) => Self::Opened { guild: event.channel.guild_id, channel: event.channel.id },
            Event::ThreadCreate(event) => Self::Opened { guild: event.thread.guild_id, channel: event.thread.id },
            Event::ChannelUpdate(event) => Self::rearranged(cache, event.channel.guild_id),
            Event::GuildRoleUpdate(event) => Self::rearranged(cache, event.role.guild_id),
            Event::GuildRoleDelete(event) => Self::rearranged(cache, event.guild_id),
            Event::GuildMemberUpdate(event) if event.user.id == cache.current_user().id => {
                Self::rearranged(cache, event.guild_id)
            }
            Event::ThreadListSync(event) => {
                Self::Shown { guild: event.guild_id, threads: event.threads.iter().map(|thread| thread.id).collect() }
            }
            Event::MessageCreate(event) => Self::Said(Box::new(event.message)),
            Event::MessageUpdate(event) => Self::Changed(Box::new(event)),
            Event::MessageDelete(event) => {
                Self::Deleted { guild: event.guild_id, channel: event.channel_id, messages: vec![event.message_id] }
            }
            Event::MessageDeleteBulk(event) => {
                Self::Deleted { guild: event.guild_id, channel: event.channel_id, messages: event.ids }
            }
            Event::ChannelDelete(event) => {
                let (guild, channel) = (event.channel.guild_id, event.channel.id);
                // Its threads go with it, and Discord does not name them.
                let threads = cache.guild(guild).map_or_else(Vec::new, |guild| {
                    let hanging = guild.threads.iter().filter(|thread| thread.parent_id == Some(channel));
                    hanging.map(|thread| thread.id).collect()
                });
                Self::ChannelsDeleted { guild, channels: std::iter::once(channel).chain(threads).collect() }
            }
            Event::ThreadDelete(event) => {
                Self::ChannelsDeleted { guild: event.thread.guild_id, channels: vec![event.thread.id] }
            }
            // An outage of Discord's is no reason to forget a guild.
            Event::GuildDelete(event) if !event.guild.unavailable => Self::Left(event.guild.id),
            Event::GuildMemberRemove(event) => Self::MemberLeft { guild: event.guild_id, user: event.user.id },
            Event::InteractionCreate(event) => match event.interaction {
                Interaction::Command(command) => Self::Command(Box::new(command)),
                Interaction::Component(click) => Self::Component(Box::new(click)),
                _ => return None,
            },
            _ => return None,
        })
    }
}
