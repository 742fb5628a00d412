//! What changed in a channel while nobody listened: its newest messages as they are now, held against those that are
//! known to be remembered. Edits and deletions are told once, to a session that listens, and nobody tells them again.

use super::{Gaps, snowflake};
use crate::rest::{PageFrom, code};
use rtfm_shared::resilience::{Backoff, Class, Classify};
use serenity::{
    cache::Cache,
    model::{
        channel::Message,
        id::{ChannelId, GuildId, MessageId},
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// Pages that are read of a channel, at most.
const PAGES: usize = 2;
/// Channels of a guild that are looked for because they are not there any more, at most.
const LOOKED_FOR: usize = 20;

/// What is different now.
#[derive(Debug)]
pub(crate) enum Difference {
    /// Messages were edited, and read like this now.
    Edited(Vec<Message>),
    /// Messages are gone.
    Gone(Vec<MessageId>),
    /// The channel or thread is gone.
    ChannelGone,
}

/// Something that happened while nobody listened.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) cache: Arc<Cache>,
    pub(crate) guild: GuildId,
    pub(crate) channel: ChannelId,
    pub(crate) difference: Difference,
}

/// What of a channel nobody told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    /// Edits from this second on.
    pub(super) second: i64,
    /// Changes of messages up to this one; those of later ones are told.
    pub(super) until: u64,
}

/// Which session of a guild is the latest: an earlier one's comparison need not go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<GuildId, u64>>>);

impl Sessions {
    /// Another one begins.
    pub(super) fn begin(&self, guild: GuildId) -> u64 {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = sessions.entry(guild).or_default();
        *latest += 1;
        *latest
    }

    fn is_latest(&self, guild: GuildId, session: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&guild) == Some(&session)
    }
}

impl Gaps {
    /// Compares the channels of a guild, one after the other, the liveliest first; `since` has each place that can be
    /// read.
    pub(super) async fn compare(&self, cache: &Arc<Cache>, guild: GuildId, session: u64, since: &HashMap<u64, Since>) {
        let mut looked_for = 0;
        for channel in self.seen.recents().in_guild(guild.get(), &self.settings) {
            // It is closed by nobody.
            let _turn = self.comparing.acquire().await;
            if !self.sessions.is_latest(guild, session) {
                return;
            }
            let id = ChannelId::new(channel);
            match since.get(&channel) {
                Some(since) => self.compare_one(cache, guild, id, *since).await,
                None if looked_for < LOOKED_FOR && is_missing(cache, guild, id) => {
                    looked_for += 1;
                    self.look_for(cache, guild, id).await;
                }
                None => {}
            }
        }
    }

    /// Compares channels that the bot sees again.
    pub(crate) async fn compare_again(&self, cache: &Arc<Cache>, guild: GuildId, channels: Vec<(ChannelId, Since)>) {
        for (channel, since) in channels {
            let _turn = self.comparing.acquire().await;
            self.compare_one(cache, guild, channel, since).await;
        }
    }

    /// Compares a channel with what is known of it.
    async fn compare_one(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId, since: Since) {
        // What was remembered before the bot was taken from the guild was forgotten with it.
        let joined = cache.guild(guild).map_or(0, |guild| snowflake(guild.joined_at.unix_timestamp()));
        let mut known = self.seen.recents().of(channel.get(), &self.settings);
        known.retain(|id| (joined..=since.until).contains(id));
        let (Some(oldest), Some(newest)) = (known.first().copied(), known.last().copied()) else { return };
        let (mut there, mut edited, mut from) = (BTreeSet::new(), Vec::new(), newest.saturating_add(1));
        for _ in 0..PAGES {
            let Some(page) = self.page(channel, PageFrom::Before(MessageId::new(from))).await else { return };
            // A message without an id might be any.
            let Some(ids) = page.ids else { return };
            there.extend(ids.iter().map(|id| id.get()));
            let is_news = |message: &Message| {
                known.contains(&message.id.get())
                    && message.edited_timestamp.is_some_and(|edited| edited.unix_timestamp() >= since.second)
            };
            edited.extend(page.messages.into_iter().filter(is_news));
            from = page.ends.filter(|_| page.is_full).map_or(0, |(first, _)| first.get());
            if from <= oldest {
                break;
            }
        }
        let gone: Vec<u64> = known.into_iter().filter(|id| *id >= from && !there.contains(id)).collect();
        if let Some(last) = gone.last()
            && self.is_gone(channel, MessageId::new(*last)).await
        {
            self.tell(cache, guild, channel, Difference::Gone(gone.into_iter().map(MessageId::new).collect())).await;
        }
        if !edited.is_empty() {
            self.tell(cache, guild, channel, Difference::Edited(edited)).await;
        }
    }

    /// Whether a message that is missing is deleted. To a bot that may not read a channel's history Discord shows an
    /// empty one.
    async fn is_gone(&self, channel: ChannelId, message: MessageId) -> bool {
        let mut delays = Backoff::new(super::gap::FIRST_DELAY, super::gap::LONGEST_DELAY);
        loop {
            match self.rest.message(channel, message).await {
                Ok(_) => return false,
                Err(error) if error.class() == Class::Permanent => return error.code() == Some(code::UNKNOWN_MESSAGE),
                Err(error) => tracing::debug!(%channel, %error, "what is gone from a channel: trying again"),
            }
            tokio::time::sleep(delays.next_delay()).await;
        }
    }

    /// Looks whether a channel that the guild does not have any more is gone; it may be an archived thread.
    async fn look_for(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId) {
        if let Err(error) = self.rest.channel(channel).await
            && error.code() == Some(code::UNKNOWN_CHANNEL)
        {
            self.tell(cache, guild, channel, Difference::ChannelGone).await;
        }
    }

    async fn tell(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId, difference: Difference) {
        let changed = Changed { cache: cache.clone(), guild, channel, difference };
        // Nobody listens only when the process ends.
        let _ = self.changes.send(changed).await;
    }
}

/// Whether a guild is known, and a channel is not in it.
fn is_missing(cache: &Cache, guild: GuildId, channel: ChannelId) -> bool {
    cache.guild(guild).is_some_and(|guild| {
        !guild.channels.contains_key(&channel) && guild.threads.iter().all(|thread| thread.id != channel)
    })
}
