//! serenity's events, put into one channel. serenity starts a task for each event; these methods do their
//! whole work before they first wait, and the session's runtime runs tasks in the order they were
//! started, so the channel keeps Discord's order (see [`super::session`]).

use super::{link::Link, storm::Storm};
use crate::meters::WAYS;
use serenity::{
    async_trait,
    cache::Cache,
    client::{Context, EventHandler},
    gateway::ConnectionStage,
    model::{
        application::{CommandInteraction, ComponentInteraction, Interaction},
        channel::{GuildChannel, Message, PartialGuildChannel},
        event::{MessageUpdateEvent, ResumedEvent},
        gateway::Ready,
        guild::{Guild, UnavailableGuild},
        id::{ChannelId, GuildId, MessageId},
    },
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Something that happened on Discord and that the bot acts on.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A session began.
    Ready(Box<Ready>),
    /// A session goes on where it was interrupted.
    Resumed,
    /// A guild and its channels are known, and the bot is in it.
    GuildKnown(GuildId),
    /// A channel or thread was made.
    Opened {
        /// Where.
        guild: GuildId,
        /// Which.
        channel: ChannelId,
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
    /// Somebody used a command.
    Command(Box<CommandInteraction>),
    /// Somebody clicked a button, or chose from a menu.
    Component(Box<ComponentInteraction>),
}

impl Happening {
    /// A short fixed name.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::Resumed => "resumed",
            Self::GuildKnown(_) => "guild",
            Self::Opened { .. } => "channel",
            Self::Said(_) => "message",
            Self::Changed(_) => "edit",
            Self::Deleted { .. } => "deletion",
            Self::ChannelsDeleted { .. } => "channel_deletion",
            Self::Left(_) => "guild_left",
            Self::Command(_) => "command",
            Self::Component(_) => "click",
        }
    }
}

/// What happened, and the cache that the session keeps up to date with it.
pub(crate) type Heard = (Arc<Cache>, Happening);

/// Passes events on.
pub(crate) struct Listener {
    events: mpsc::UnboundedSender<Heard>,
    storm: Arc<Storm>,
    link: Link,
}

impl Listener {
    /// Passes events on into this channel, and disconnections to the watch and the link.
    pub(crate) fn new(events: mpsc::UnboundedSender<Heard>, storm: Arc<Storm>, link: Link) -> Self {
        Self { events, storm, link }
    }

    fn heard(&self, context: &Context, happening: Happening) {
        // The other end is gone only when the process ends.
        let _ = self.events.send((context.cache.clone(), happening));
    }

    fn connected(&self, context: &Context, how: &'static str) {
        self.storm.connected();
        self.link.shard(context.shard_id, true);
        metrics::counter!("rtfm_discord_connections_total", "how" => how).increment(1);
    }
}

#[async_trait]
impl EventHandler for Listener {
    async fn ready(&self, context: Context, ready: Ready) {
        let [identify, _] = WAYS;
        self.connected(&context, identify);
        self.heard(&context, Happening::Ready(Box::new(ready)));
    }

    async fn resume(&self, context: Context, _: ResumedEvent) {
        let [_, resume] = WAYS;
        self.connected(&context, resume);
        tracing::info!("the gateway session is resumed");
        self.heard(&context, Happening::Resumed);
    }

    async fn shard_stage_update(&self, _: Context, event: serenity::gateway::ShardStageUpdateEvent) {
        if event.new != ConnectionStage::Connected {
            self.link.shard(event.shard_id, false);
            self.storm.disturbed();
        }
    }

    async fn guild_create(&self, context: Context, guild: Guild, _: Option<bool>) {
        self.heard(&context, Happening::GuildKnown(guild.id));
    }

    async fn channel_create(&self, context: Context, channel: GuildChannel) {
        self.heard(&context, Happening::Opened { guild: channel.guild_id, channel: channel.id });
    }

    async fn thread_create(&self, context: Context, thread: GuildChannel) {
        self.heard(&context, Happening::Opened { guild: thread.guild_id, channel: thread.id });
    }

    async fn message(&self, context: Context, message: Message) {
        self.heard(&context, Happening::Said(Box::new(message)));
    }

    async fn message_update(
        &self,
        context: Context,
        _: Option<Message>,
        _: Option<Message>,
        event: MessageUpdateEvent,
    ) {
        self.heard(&context, Happening::Changed(Box::new(event)));
    }

    async fn message_delete(&self, context: Context, channel: ChannelId, message: MessageId, guild: Option<GuildId>) {
        self.heard(&context, Happening::Deleted { guild, channel, messages: vec![message] });
    }

    async fn message_delete_bulk(
        &self,
        context: Context,
        channel: ChannelId,
        messages: Vec<MessageId>,
        guild: Option<GuildId>,
    ) {
        self.heard(&context, Happening::Deleted { guild, channel, messages });
    }

    async fn channel_delete(&self, context: Context, channel: GuildChannel, _: Option<Vec<Message>>) {
        // Its threads go with it, and Discord does not name them.
        let threads = context.cache.guild(channel.guild_id).map_or_else(Vec::new, |guild| {
            let hanging = guild.threads.iter().filter(|thread| thread.parent_id == Some(channel.id));
            hanging.map(|thread| thread.id).collect()
        });
        let channels = std::iter::once(channel.id).chain(threads).collect();
        self.heard(&context, Happening::ChannelsDeleted { guild: channel.guild_id, channels });
    }

    async fn thread_delete(&self, context: Context, thread: PartialGuildChannel, _: Option<GuildChannel>) {
        self.heard(&context, Happening::ChannelsDeleted { guild: thread.guild_id, channels: vec![thread.id] });
    }

    async fn guild_delete(&self, context: Context, guild: UnavailableGuild, _: Option<Guild>) {
        // An outage of Discord's is no reason to forget a guild.
        if !guild.unavailable {
            self.heard(&context, Happening::Left(guild.id));
        }
    }

    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        match interaction {
            Interaction::Command(command) => self.heard(&context, Happening::Command(Box::new(command))),
            Interaction::Component(click) => self.heard(&context, Happening::Component(Box::new(click))),
            _ => {}
        }
    }
}
