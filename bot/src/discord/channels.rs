//! Channels and threads as the cache knows them, and what the bot may do in them.

use super::{access, ids, snapshot};
use serenity::{
    cache::Cache,
    model::{
        channel::{ChannelType, GuildChannel},
        id::{ChannelId, GuildId, MessageId, UserId},
    },
};

/// What is known of the channel of a message.
#[derive(Clone, Debug)]
pub(crate) struct ChannelInfo {
    pub(super) name: String,
    pub(super) is_thread: bool,
    /// A thread's channel; a channel's category.
    pub(super) parent: Option<ChannelId>,
    kind: ChannelType,
    owner: Option<UserId>,
}

pub(super) fn info(cache: &Cache, guild: GuildId, channel: ChannelId) -> Option<ChannelInfo> {
    let guild = cache.guild(guild)?;
    let thread = || guild.threads.iter().find(|thread| thread.id == channel);
    guild.channels.get(&channel).or_else(thread).map(ChannelInfo::of)
}

impl ChannelInfo {
    pub(crate) fn of(channel: &GuildChannel) -> Self {
        let is_thread =
            matches!(channel.kind, ChannelType::PublicThread | ChannelType::PrivateThread | ChannelType::NewsThread);
        Self {
            name: channel.name.clone(),
            is_thread,
            parent: channel.parent_id,
            kind: channel.kind,
            owner: channel.owner_id,
        }
    }
}

/// A channel's name, where the cache has it.
pub(crate) fn name_in(cache: &Cache, guild: GuildId, channel: ChannelId) -> Option<String> {
    info(cache, guild, channel).map(|info| info.name)
}

/// A thread's channel; none for anything that the cache does not have as a thread.
pub(crate) fn parent_of(cache: &Cache, guild: GuildId, channel: ChannelId) -> Option<ChannelId> {
    info(cache, guild, channel).filter(|info| info.is_thread)?.parent
}

/// The channel of a public thread, which shares its audience.
pub(crate) fn public_parent_of(cache: &Cache, guild: GuildId, channel: ChannelId) -> Option<ChannelId> {
    let info = info(cache, guild, channel)?;
    is_public_thread(info.kind).then_some(info.parent)?
}

/// The same for a thread that need not be in the cache.
pub(crate) fn public_thread_of(channel: &GuildChannel) -> Option<ChannelId> {
    is_public_thread(channel.kind).then_some(channel.parent_id)?
}

fn is_public_thread(kind: ChannelType) -> bool {
    matches!(kind, ChannelType::PublicThread | ChannelType::NewsThread)
}

/// Whether the bot started this thread.
pub(crate) fn is_own_thread(cache: &Cache, guild: GuildId, channel: ChannelId, me: UserId) -> bool {
    info(cache, guild, channel).is_some_and(|info| info.is_thread && info.owner == Some(me))
}

/// Whether messages in this channel can have threads.
pub(crate) fn is_channel_with_threads(cache: &Cache, guild: GuildId, channel: ChannelId) -> bool {
    info(cache, guild, channel).is_some_and(|info| matches!(info.kind, ChannelType::Text | ChannelType::News))
}

/// Whether a channel has messages of its own, and not only threads that have some.
pub(crate) fn has_messages(channel: &GuildChannel) -> bool {
    !matches!(channel.kind, ChannelType::Forum | ChannelType::Unknown(_) | ChannelType::Category)
}

/// A channel or thread, and what the bot may do in it at this moment.
#[derive(Clone, Debug)]
pub(crate) struct ChannelAccess {
    pub(crate) id: ChannelId,
    pub(crate) is_thread: bool,
    pub(crate) has_messages: bool,
    /// The channel of a public thread.
    pub(crate) public_thread_of: Option<ChannelId>,
    pub(crate) last_message: Option<MessageId>,
    pub(crate) may_view: bool,
    pub(crate) may_read: bool,
}

/// Every channel and thread of a guild with the bot's access to it, and the first snowflake of the second in which the
/// bot joined; none where the cache lacks the guild or the bot's roles in it.
pub(crate) fn access(cache: &Cache, guild: GuildId, me: UserId) -> Option<(Vec<ChannelAccess>, u64)> {
    let guild = cache.guild(guild)?;
    let (snapshot, bot) = (snapshot::of_guild(&guild), snapshot::bot(&guild, me)?);
    let access = |channel: &GuildChannel, is_thread| ChannelAccess {
        id: channel.id,
        is_thread,
        has_messages: has_messages(channel),
        public_thread_of: public_thread_of(channel),
        last_message: channel.last_message_id,
        may_view: access::may_view(&snapshot, channel.id.get(), &bot),
        may_read: access::may_read(&snapshot, channel.id.get(), &bot),
    };
    let channels = guild.channels.values().map(|channel| access(channel, false));
    let all = channels.chain(guild.threads.iter().map(|thread| access(thread, true))).collect();
    Some((all, ids::first_of_second(guild.joined_at.unix_timestamp())))
}

/// Whether the bot may read the messages of a channel.
pub(crate) fn may_read(cache: &Cache, guild: GuildId, channel: ChannelId, me: UserId) -> bool {
    access(cache, guild, me).is_some_and(|(all, _)| all.iter().any(|one| one.id == channel && one.may_read))
}

/// A channel, and whether the bot may view it.
pub(crate) type View = (ChannelId, bool);

/// Every channel of a guild that has messages, as the bot sees it now; none where the cache cannot say.
pub(crate) fn views(cache: &Cache, guild: GuildId, me: UserId) -> Vec<View> {
    let all = access(cache, guild, me).map_or_else(Vec::new, |(all, _)| all);
    all.into_iter().filter(|one| one.has_messages).map(|one| (one.id, one.may_view)).collect()
}
