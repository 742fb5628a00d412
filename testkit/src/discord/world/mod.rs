//! The state of this Discord: users, guilds, roles, channels, threads and messages, as plain data.
//! Rules live in [`permissions`], the wire form in [`render`].

pub(crate) mod clock;
pub(crate) mod message;
pub(crate) mod permissions;
pub(crate) mod render;
pub(crate) mod render_message;
pub(crate) mod render_parts;
pub(crate) mod snowflake;

use std::collections::BTreeMap;

use serenity::all::{
    ApplicationId, ChannelId, ChannelType, GuildId, MessageId, PermissionOverwrite, Permissions, RoleId, UserId,
};

pub(crate) use clock::Clock;
pub(crate) use message::Message;

/// An account, of a person or of a bot.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) global_name: Option<String>,
    pub(crate) bot: bool,
}

/// A role of a guild; the one whose id is the guild's is `@everyone`.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
    pub(crate) position: u16,
    pub(crate) bot: Option<UserId>,
}

/// A user's membership of a guild.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) user: UserId,
    pub(crate) nick: Option<String>,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) joined_ms: u64,
}

/// A guild, called a server by the people in it.
#[derive(Clone, Debug)]
pub(crate) struct Guild {
    pub(crate) id: GuildId,
    pub(crate) name: String,
    pub(crate) owner: UserId,
    pub(crate) roles: BTreeMap<RoleId, Role>,
    pub(crate) members: BTreeMap<UserId, Member>,
    pub(crate) available: bool,
}

/// Where a channel belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a guild.
    Guild(GuildId),
    /// Between the bot and one user.
    Direct(UserId),
}

/// The fields of a thread beyond those of a channel.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) owner: UserId,
    pub(crate) members: BTreeMap<UserId, u64>,
    pub(crate) archived: bool,
    /// When it was archived last.
    pub(crate) archived_ms: u64,
    pub(crate) locked: bool,
    pub(crate) auto_archive_minutes: u64,
    pub(crate) created_ms: u64,
}

/// A channel, category, thread or direct conversation.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) kind: ChannelType,
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) topic: Option<String>,
    pub(crate) parent: Option<ChannelId>,
    pub(crate) overwrites: Vec<PermissionOverwrite>,
    pub(crate) position: u16,
    pub(crate) age_restricted: bool,
    pub(crate) thread: Option<Thread>,
}

impl Channel {
    /// A channel without topic, parent or overwrites, at the top, that is no thread.
    pub(crate) fn new(id: ChannelId, kind: ChannelType, place: Place, name: &str) -> Self {
        Self {
            id,
            kind,
            place,
            name: name.to_owned(),
            topic: None,
            parent: None,
            overwrites: Vec::new(),
            position: 0,
            age_restricted: false,
            thread: None,
        }
    }

    pub(crate) fn guild(&self) -> Option<GuildId> {
        match self.place {
            Place::Guild(guild) => Some(guild),
            Place::Direct(_) => None,
        }
    }

    pub(crate) fn is_thread(&self) -> bool {
        self.thread.is_some()
    }

    /// Whether messages can be written here.
    pub(crate) fn is_text(&self) -> bool {
        !matches!(self.kind, ChannelType::Category | ChannelType::Forum | ChannelType::Directory)
    }
}

/// The whole state.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) bot: UserId,
    pub(crate) application: ApplicationId,
    pub(crate) clock: Clock,
    pub(crate) users: BTreeMap<UserId, Account>,
    pub(crate) guilds: BTreeMap<GuildId, Guild>,
    pub(crate) channels: BTreeMap<ChannelId, Channel>,
    pub(crate) messages: BTreeMap<ChannelId, BTreeMap<MessageId, Message>>,
    /// Deleted messages, for views and dumps.
    pub(crate) deleted: BTreeMap<ChannelId, BTreeMap<MessageId, Message>>,
}

impl World {
    /// A world with the bot as its only user.
    pub(crate) fn new(bot_name: &str) -> Self {
        let mut clock = Clock::default();
        let bot = UserId::new(clock.id());
        let account = Account { id: bot, name: bot_name.to_owned(), global_name: None, bot: true };
        // Discord gives the bot user the id of its application.
        let application = ApplicationId::new(bot.get());
        let users = BTreeMap::from([(bot, account)]);
        Self {
            bot,
            application,
            clock,
            users,
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            deleted: BTreeMap::new(),
        }
    }

    pub(crate) fn account(&self, user: UserId) -> &Account {
        self.users.get(&user).unwrap_or_else(|| panic!("no user {user} in this world"))
    }

    pub(crate) fn guild(&self, guild: GuildId) -> &Guild {
        self.guilds.get(&guild).unwrap_or_else(|| panic!("no guild {guild} in this world"))
    }

    pub(crate) fn guild_mut(&mut self, guild: GuildId) -> &mut Guild {
        self.guilds.get_mut(&guild).unwrap_or_else(|| panic!("no guild {guild} in this world"))
    }

    pub(crate) fn channel(&self, channel: ChannelId) -> Option<&Channel> {
        self.channels.get(&channel)
    }

    pub(crate) fn message(&self, channel: ChannelId, message: MessageId) -> Option<&Message> {
        self.messages.get(&channel)?.get(&message)
    }

    pub(crate) fn message_mut(&mut self, channel: ChannelId, message: MessageId) -> Option<&mut Message> {
        self.messages.get_mut(&channel)?.get_mut(&message)
    }

    /// Removes a message, and keeps it for the test only.
    pub(crate) fn take_message(&mut self, channel: ChannelId, message: MessageId) -> Option<Message> {
        let taken = self.messages.get_mut(&channel)?.remove(&message)?;
        self.deleted.entry(channel).or_default().insert(message, taken.clone());
        Some(taken)
    }

    /// Whether the bot is a member of the guild.
    pub(crate) fn bot_in(&self, guild: GuildId) -> bool {
        self.guilds.get(&guild).is_some_and(|guild| guild.members.contains_key(&self.bot))
    }

    /// The name under which a user shows in a guild.
    pub(crate) fn display_name(&self, user: UserId, guild: Option<GuildId>) -> String {
        let nick = guild.and_then(|guild| self.guilds.get(&guild)?.members.get(&user)?.nick.clone());
        let account = self.users.get(&user);
        nick.or_else(|| account.and_then(|account| account.global_name.clone()))
            .or_else(|| account.map(|account| account.name.clone()))
            .unwrap_or_else(|| user.to_string())
    }
}
