//! Channels and threads as the cache knows them.

use serenity::{
    cache::Cache,
    model::{
        channel::{ChannelType, GuildChannel},
        id::{ChannelId, GuildId, UserId},
    },
};

/// What is known of where a message stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(super) name: String,
    pub(super) is_thread: bool,
    /// The channel that a thread hangs on; a channel's category.
    pub(super) parent: Option<ChannelId>,
    kind: ChannelType,
    owner: Option<UserId>,
}

pub(super) fn place(cache: &Cache, guild: GuildId, channel: ChannelId) -> Option<Place> {
    let guild = cache.guild(guild)?;
    let thread = || guild.threads.iter().find(|thread| thread.id == channel);
    guild.channels.get(&channel).or_else(thread).map(Place::of)
}

impl Place {
    /// What a channel or thread says of itself.
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

/// A channel's name, where it is known.
pub(crate) fn name_in(cache: &Cache, guild: GuildId, channel: ChannelId) -> Option<String> {
    place(cache, guild, channel).map(|place| place.name)
}

/// The channel that a thread hangs on; none for what is not known as a thread.
pub(crate) fn parent_of(cache: &Cache, guild: GuildId, channel: ChannelId) -> Option<ChannelId> {
    place(cache, guild, channel).filter(|place| place.is_thread)?.parent
}

/// The same for a thread that everyone sees who sees the channel.
pub(crate) fn public_parent_of(cache: &Cache, guild: GuildId, channel: ChannelId) -> Option<ChannelId> {
    let place = place(cache, guild, channel)?;
    matches!(place.kind, ChannelType::PublicThread | ChannelType::NewsThread).then_some(place.parent)?
}

/// The same for one whose own words are known.
pub(crate) fn public_thread_of(channel: &GuildChannel) -> Option<ChannelId> {
    let is_public = matches!(channel.kind, ChannelType::PublicThread | ChannelType::NewsThread);
    is_public.then_some(channel.parent_id)?
}

/// Whether the bot began this thread.
pub(crate) fn is_own_thread(cache: &Cache, guild: GuildId, channel: ChannelId, me: UserId) -> bool {
    place(cache, guild, channel).is_some_and(|place| place.is_thread && place.owner == Some(me))
}

/// Whether messages in this channel can have threads.
pub(crate) fn is_channel_with_threads(cache: &Cache, guild: GuildId, channel: ChannelId) -> bool {
    place(cache, guild, channel).is_some_and(|place| matches!(place.kind, ChannelType::Text | ChannelType::News))
}
