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
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Mutex, time::Instant};

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

/// What to say about a channel that is closed to the bot; `channel` is how the sentence names it.
pub(crate) fn closed(channel: &str) -> String {
    format!("I may not see {channel} or read its history. Give me View Channel and Read Message History there.")
}

/// The active threads of guilds. Discord tells those of a whole guild at once, and the channels of a guild are mostly
/// read one after the other. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct ActiveThreads {
    known: Arc<Mutex<HashMap<GuildId, Listed>>>,
}

/// The active threads of a guild, and since when they are known.
type Listed = (Instant, Vec<GuildChannel>);

/// How long they are known. What begins meanwhile is heard anyway.
const KNOWN: Duration = Duration::from_secs(60);

impl ActiveThreads {
    /// Those that hang on a channel.
    async fn on(&self, rest: &Rest, channel: &GuildChannel) -> Result<Vec<GuildChannel>, RestError> {
        // Whoever wants the same waits for the one who asks.
        let mut known = self.known.lock().await;
        known.retain(|_, (since, _)| since.elapsed() < KNOWN);
        let all = match known.entry(channel.guild_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert((Instant::now(), rest.active_threads(channel.guild_id).await?)),
        };
        Ok(all.1.iter().filter(|thread| thread.parent_id == Some(channel.id)).cloned().collect())
    }
}

/// Every thread of a channel that the bot may read. Archived private threads are for those who manage threads; a
/// request that is refused would only count against the bot.
pub(super) async fn threads(
    rest: &Rest,
    cache: &Cache,
    active: &ActiveThreads,
    channel: &GuildChannel,
) -> Result<Vec<GuildChannel>, RestError> {
    if !matches!(channel.kind, ChannelType::Text | ChannelType::News | ChannelType::Forum | ChannelType::Unknown(_)) {
        return Ok(Vec::new());
    }
    let mut threads = active.on(rest, channel).await?;
    // Those that were active only since then.
    threads.extend(cache.guild(channel.guild_id).into_iter().flat_map(|guild| {
        let hanging = guild.threads.iter().filter(|thread| thread.parent_id == Some(channel.id));
        hanging.cloned().collect::<Vec<_>>()
    }));
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
