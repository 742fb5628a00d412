//! What belongs to a channel's history: its own messages, and those of its threads, archived ones too.

use super::topology;
use crate::{
    access,
    rest::{Rest, RestError},
};
use serenity::{
    cache::Cache,
    model::{
        Timestamp,
        channel::{ChannelType, GuildChannel},
        id::{ChannelId, GuildId, UserId},
    },
};

/// The channels of a guild whose history the bot may read, threads left out: they go with their channels.
pub(super) fn readable(cache: &Cache, guild: GuildId, me: UserId) -> Vec<ChannelId> {
    let (Some(picture), Some(bot)) =
        (topology::of(cache, guild), cache.guild(guild).and_then(|guild| topology::bot(&guild, me)))
    else {
        return Vec::new();
    };
    let known = cache.guild(guild).map(|guild| guild.channels.keys().copied().collect::<Vec<_>>());
    known.into_iter().flatten().filter(|channel| access::may_read(&picture, channel.get(), &bot)).collect()
}

/// Whether the bot may read what was said in a channel.
pub(crate) fn may_read(cache: &Cache, guild: GuildId, channel: ChannelId, me: UserId) -> bool {
    let (Some(picture), Some(bot)) =
        (topology::of(cache, guild), cache.guild(guild).and_then(|guild| topology::bot(&guild, me)))
    else {
        return false;
    };
    access::may_read(&picture, channel.get(), &bot)
}

/// Whether the bot manages a channel's threads, and so may see archived private ones.
fn manages_threads(cache: &Cache, channel: &GuildChannel, me: UserId) -> bool {
    let Some(guild) = cache.guild(channel.guild_id) else { return false };
    let Some(member) = guild.members.get(&me) else { return false };
    guild.user_permissions_in(channel, member).manage_threads()
}

/// Every thread of a channel that the bot may read. Archived private threads are for those who manage threads; a
/// request that is refused would only count against the bot.
pub(super) async fn threads(
    rest: &Rest,
    cache: &Cache,
    channel: &GuildChannel,
) -> Result<Vec<GuildChannel>, RestError> {
    if !matches!(channel.kind, ChannelType::Text | ChannelType::News | ChannelType::Forum | ChannelType::Unknown(_)) {
        return Ok(Vec::new());
    }
    let mut threads = rest.active_threads(channel.guild_id).await?;
    threads.retain(|thread| thread.parent_id == Some(channel.id));
    threads.extend(archived(rest, channel.id, false).await?);
    let manages = manages_threads(cache, channel, rest.me().await?);
    // A forum has no private ones.
    if manages && matches!(channel.kind, ChannelType::Text | ChannelType::News) {
        threads.extend(archived(rest, channel.id, true).await?);
    }
    threads.sort_by_key(|thread| thread.id);
    threads.dedup_by_key(|thread| thread.id);
    Ok(threads)
}

async fn archived(rest: &Rest, channel: ChannelId, are_private: bool) -> Result<Vec<GuildChannel>, RestError> {
    let (mut threads, mut before): (Vec<GuildChannel>, Option<Timestamp>) = (Vec::new(), None);
    loop {
        let (page, has_more) = rest.archived_threads(channel, are_private, before).await?;
        let last = page.last().and_then(|thread| thread.thread_metadata.as_ref()?.archive_timestamp);
        threads.extend(page);
        match last.filter(|last| has_more && before != Some(*last)) {
            Some(last) => before = Some(last),
            None => return Ok(threads),
        }
    }
}
