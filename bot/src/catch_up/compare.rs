//! Edits and deletions made while the bot was away, found by comparing a channel's newest messages with those that are
//! known to be stored: the gateway delivers such events once, to sessions that are connected.

use super::{CatchUp, CaughtUp};
use crate::discord::{
    ids::first_of_second,
    model::{Cache, ChannelId, GuildId, Message, MessageId},
    rest::{PageFrom, code},
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Pages that are read of a channel, at most.
const PAGES: usize = 2;
/// Channels of a guild that are looked up because the cache does not have them, at most.
const LOOKED_UP: usize = 20;

/// What is different now.
#[derive(Debug)]
pub(crate) enum Difference {
    /// Messages were edited, and read like this now.
    Edited(Vec<Message>),
    Deleted(Vec<MessageId>),
    ChannelDeleted,
}

/// A change that no event delivered.
#[derive(Debug)]
pub(crate) struct MissedChange {
    pub(crate) cache: Arc<Cache>,
    pub(crate) guild: GuildId,
    pub(crate) channel: ChannelId,
    pub(crate) difference: Difference,
}

/// Which changes of a channel may have been missed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    /// Edits from this second on.
    pub(super) second: i64,
    /// Changes of messages up to this one; events deliver those of later ones.
    pub(super) until: u64,
}

/// The latest session of each guild: the comparison of an earlier one stops.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<GuildId, u64>>>);

impl Sessions {
    pub(super) fn begin(&self, guild: GuildId) -> u64 {
        let mut sessions = self.0.lock();
        let latest = sessions.entry(guild).or_default();
        *latest += 1;
        *latest
    }

    fn is_latest(&self, guild: GuildId, session: u64) -> bool {
        self.0.lock().get(&guild) == Some(&session)
    }
}

impl CatchUp {
    /// Compares the channels of a guild, one after the other, the liveliest first; `since` has those that can be read.
    pub(super) async fn compare(&self, cache: &Arc<Cache>, guild: GuildId, session: u64, since: &HashMap<u64, Since>) {
        let mut looked_up = 0;
        for channel in self.checkpoints.known.in_guild(guild.get(), &self.settings) {
            // The semaphore is never closed.
            let _turn = self.turns.comparisons.acquire().await;
            if !self.turns.sessions.is_latest(guild, session) {
                return;
            }
            let id = ChannelId::new(channel);
            match since.get(&channel) {
                Some(since) => self.compare_one(cache, guild, id, *since).await,
                None if looked_up < LOOKED_UP && is_missing(cache, guild, id) => {
                    looked_up += 1;
                    self.look_up(cache, guild, id).await;
                }
                None => {}
            }
        }
    }

    /// Compares channels that became visible again.
    pub(crate) async fn compare_again(&self, cache: &Arc<Cache>, guild: GuildId, channels: Vec<(ChannelId, Since)>) {
        for (channel, since) in channels {
            let _turn = self.turns.comparisons.acquire().await;
            self.compare_one(cache, guild, channel, since).await;
        }
    }

    async fn compare_one(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId, since: Since) {
        // What was stored before the bot was removed from the guild was deleted with it.
        let joined = cache.guild(guild).map_or(0, |guild| first_of_second(guild.joined_at.unix_timestamp()));
        let mut known = self.checkpoints.known.of(channel.get(), &self.settings);
        known.retain(|id| (joined..=since.until).contains(id));
        let (Some(oldest), Some(newest)) = (known.first().copied(), known.last().copied()) else { return };
        let (mut there, mut edited, mut from) = (BTreeSet::new(), Vec::new(), newest.saturating_add(1));
        for _ in 0..PAGES {
            let Some(page) = self.page(channel, PageFrom::Before(MessageId::new(from))).await else { return };
            // A message without an id might be any.
            let Some(ids) = page.ids else { return };
            there.extend(ids.iter().map(|id| id.get()));
            let is_new = |message: &Message| {
                known.contains(&message.id.get())
                    && message.edited_timestamp.is_some_and(|edited| edited.unix_timestamp() >= since.second)
            };
            edited.extend(page.messages.into_iter().filter(is_new));
            from = page.ends.filter(|_| page.is_full).map_or(0, |(first, _)| first.get());
            if from <= oldest {
                break;
            }
        }
        let gone: Vec<u64> = known.into_iter().filter(|id| *id >= from && !there.contains(id)).collect();
        if let Some(last) = gone.last()
            && self.is_deleted(channel, MessageId::new(*last)).await
        {
            let gone = gone.into_iter().map(MessageId::new).collect();
            self.report(cache, guild, channel, Difference::Deleted(gone)).await;
        }
        if !edited.is_empty() {
            self.report(cache, guild, channel, Difference::Edited(edited)).await;
        }
    }

    /// Whether a missing message is deleted. Discord shows an empty history to a bot that may not read a channel's.
    async fn is_deleted(&self, channel: ChannelId, message: MessageId) -> bool {
        let found = self.reader.message(channel, message).await;
        found.is_err_and(|error| error.code() == Some(code::UNKNOWN_MESSAGE))
    }

    /// Whether a channel that the cache does not have is deleted; it may be an archived thread.
    async fn look_up(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId) {
        if let Err(error) = self.reader.rest().channel(channel).await
            && error.code() == Some(code::UNKNOWN_CHANNEL)
        {
            self.report(cache, guild, channel, Difference::ChannelDeleted).await;
        }
    }

    async fn report(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId, difference: Difference) {
        let change = MissedChange { cache: cache.clone(), guild, channel, difference };
        self.emit(CaughtUp::Change(change)).await;
    }
}

/// Whether the cache has a guild, and not this channel of it.
fn is_missing(cache: &Cache, guild: GuildId, channel: ChannelId) -> bool {
    cache.guild(guild).is_some_and(|guild| {
        !guild.channels.contains_key(&channel) && guild.threads.iter().all(|thread| thread.id != channel)
    })
}
