//! Discord's events, as far as the bot acts on them.

use crate::discord::{
    channels::{View, views},
    ids::instant,
};
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
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// An event of Discord's that the bot acts on.
#[derive(Debug)]
pub(crate) enum GatewayEvent {
    /// A new session began; no event reports what happened since the last one ended.
    Ready {
        ready: Box<Ready>,
        shard: u32,
        total: u32,
    },
    /// A shard's session was resumed, and the missed events were delivered.
    Resumed {
        shard: u32,
        total: u32,
    },
    /// A guild with its channels is in the cache, and the bot is a member.
    GuildCreate {
        guild: GuildId,
        /// The last message of each channel and thread that has one; events deliver later ones.
        last: HashMap<ChannelId, MessageId>,
        joined: Timestamp,
    },
    /// A channel or thread was created.
    ChannelCreate {
        guild: GuildId,
        channel: ChannelId,
    },
    /// Permissions may have changed.
    PermissionsChange {
        guild: GuildId,
        /// What the bot sees from this event on.
        views: Vec<View>,
    },
    /// Threads became visible to the bot.
    ThreadListSync {
        guild: GuildId,
        threads: Vec<ChannelId>,
    },
    /// Somebody wrote a message.
    MessageCreate(Box<Message>),
    /// A message changed; Discord mostly sends only parts of it.
    MessageUpdate(Box<MessageUpdateEvent>),
    MessagesDelete {
        guild: Option<GuildId>,
        channel: ChannelId,
        messages: Vec<MessageId>,
    },
    /// Channels or threads were deleted.
    ChannelsDelete {
        guild: GuildId,
        channels: Vec<ChannelId>,
    },
    /// The bot is no longer a member of a guild.
    GuildLeave(GuildId),
    /// Somebody is no longer a member of a guild.
    MemberLeave {
        guild: GuildId,
        user: UserId,
    },
    Command(Box<CommandInteraction>),
    /// A click on a button, or a choice from a menu.
    Component(Box<ComponentInteraction>),
    /// Message events of these guilds were dropped because the channel to the intake was full.
    Dropped(BTreeSet<GuildId>),
}

/// An event with the cache that is up to date with it.
pub(crate) type EventWithCache = (Arc<Cache>, GatewayEvent);

impl GatewayEvent {
    /// The guild of a message event. Dropped ones can be fetched again, unlike other events.
    pub(super) fn refetchable_in(&self) -> Option<GuildId> {
        match self {
            Self::MessageCreate(message) => message.guild_id,
            Self::MessageUpdate(update) => update.guild_id,
            Self::MessagesDelete { guild, .. } => *guild,
            _ => None,
        }
    }

    /// A short fixed name.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::Resumed { .. } => "resumed",
            Self::GuildCreate { .. } => "guild",
            Self::ChannelCreate { .. } => "channel",
            Self::PermissionsChange { .. } => "rearrangement",
            Self::ThreadListSync { .. } => "threads",
            Self::MessageCreate(_) => "message",
            Self::MessageUpdate(_) => "edit",
            Self::MessagesDelete { .. } => "deletion",
            Self::ChannelsDelete { .. } => "channel_deletion",
            Self::GuildLeave(_) => "guild_left",
            Self::MemberLeave { .. } => "member_left",
            Self::Command(_) => "command",
            Self::Component(_) => "click",
            Self::Dropped(_) => "dropped",
        }
    }

    /// The views are taken here, where the cache is as the event left it.
    fn permissions_change(cache: &Cache, guild: GuildId) -> Self {
        let me = cache.current_user().id;
        Self::PermissionsChange { guild, views: views(cache, guild, me) }
    }

    /// None for events that the bot does not act on. The cache is up to date with the event.
    pub(super) fn of(event: Event, (shard, total): (u32, u32), cache: &Cache) -> Option<Self> {
        Some(match event {
            Event::Ready(event) => Self::Ready { ready: Box::new(event.ready), shard, total },
            Event::Resumed(_) => Self::Resumed { shard, total },
            Event::GuildCreate(event) => {
                let places = event.guild.channels.values().chain(&event.guild.threads);
                let last = places.filter_map(|place| Some((place.id, place.last_message_id?))).collect();
                Self::GuildCreate { guild: event.guild.id, last, joined: instant(event.guild.joined_at) }
            }
            Event::ChannelCreate(event) => {
                Self::ChannelCreate { guild: event.channel.guild_id, channel: event.channel.id }
            }
            Event::ThreadCreate(event) => {
                Self::ChannelCreate { guild: event.thread.guild_id, channel: event.thread.id }
            }
            Event::ChannelUpdate(event) => Self::permissions_change(cache, event.channel.guild_id),
            Event::GuildRoleUpdate(event) => Self::permissions_change(cache, event.role.guild_id),
            Event::GuildRoleDelete(event) => Self::permissions_change(cache, event.guild_id),
            Event::GuildMemberUpdate(event) if event.user.id == cache.current_user().id => {
                Self::permissions_change(cache, event.guild_id)
            }
            Event::ThreadListSync(event) => Self::ThreadListSync {
                guild: event.guild_id,
                threads: event.threads.iter().map(|thread| thread.id).collect(),
            },
            Event::MessageCreate(event) => Self::MessageCreate(Box::new(event.message)),
            Event::MessageUpdate(event) => Self::MessageUpdate(Box::new(event)),
            Event::MessageDelete(event) => Self::MessagesDelete {
                guild: event.guild_id,
                channel: event.channel_id,
                messages: vec![event.message_id],
            },
            Event::MessageDeleteBulk(event) => {
                Self::MessagesDelete { guild: event.guild_id, channel: event.channel_id, messages: event.ids }
            }
            Event::ChannelDelete(event) => {
                let (guild, channel) = (event.channel.guild_id, event.channel.id);
                // Discord does not name its threads, which are deleted with it.
                let threads = cache.guild(guild).map_or_else(Vec::new, |guild| {
                    let hanging = guild.threads.iter().filter(|thread| thread.parent_id == Some(channel));
                    hanging.map(|thread| thread.id).collect()
                });
                Self::ChannelsDelete { guild, channels: std::iter::once(channel).chain(threads).collect() }
            }
            Event::ThreadDelete(event) => {
                Self::ChannelsDelete { guild: event.thread.guild_id, channels: vec![event.thread.id] }
            }
            // An outage of Discord's does not mean that the bot left.
            Event::GuildDelete(event) if !event.guild.unavailable => Self::GuildLeave(event.guild.id),
            Event::GuildMemberRemove(event) => Self::MemberLeave { guild: event.guild_id, user: event.user.id },
            Event::InteractionCreate(event) => match event.interaction {
                Interaction::Command(command) => Self::Command(Box::new(command)),
                Interaction::Component(click) => Self::Component(Box::new(click)),
                _ => return None,
            },
            _ => return None,
        })
    }
}
