//! The gap: what was said in a guild's channels while the bot was away, fetched by REST when it is back and heard as
//! if it were said now. Only channels in which something was said since they were last heard are asked for.

use super::Seen;
use crate::{
    access::may_read,
    gateway::topology,
    rest::{PAGE, Rest},
};
use rtfm_shared::{
    resilience::{Backoff, Class, Classify},
    settings::Settings,
};
use serenity::{
    cache::Cache,
    http::MessagePagination,
    model::{
        channel::{GuildChannel, Message},
        id::{ChannelId, GuildId, MessageId, UserId},
    },
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Between two tries for a page while Discord is in trouble.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// A page of what was missed, oldest first. The next one comes when `done` is used, which means that this one is
/// published.
#[derive(Debug)]
pub(crate) struct Missed {
    pub(crate) cache: Arc<Cache>,
    pub(crate) guild: GuildId,
    pub(crate) messages: Vec<Message>,
    pub(crate) done: oneshot::Sender<()>,
}

/// Fills gaps.
#[derive(Clone)]
pub(crate) struct Gaps {
    rest: Arc<Rest>,
    settings: Settings,
    seen: Seen,
    /// Where pages are heard.
    pages: mpsc::Sender<Missed>,
    /// Guilds that are being looked at.
    busy: Arc<Mutex<HashSet<GuildId>>>,
}

/// A guild that is being looked at, as long as this lives.
struct Busy {
    all: Arc<Mutex<HashSet<GuildId>>>,
    guild: GuildId,
}

impl Busy {
    fn begin(all: &Arc<Mutex<HashSet<GuildId>>>, guild: GuildId) -> Option<Self> {
        let is_free = all.lock().unwrap_or_else(PoisonError::into_inner).insert(guild);
        is_free.then(|| Self { all: all.clone(), guild })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.guild);
    }
}

/// A channel in which something may have been said.
struct Place {
    channel: ChannelId,
    last: MessageId,
}

impl Gaps {
    /// Pages go to `pages`.
    pub(crate) fn new(rest: Arc<Rest>, settings: Settings, seen: Seen, pages: mpsc::Sender<Missed>) -> Self {
        Self { rest, settings, seen, pages, busy: Arc::default() }
    }

    /// Hears what was missed in a guild, oldest first in each channel.
    pub(crate) async fn fill(&self, cache: &Arc<Cache>, guild: GuildId) {
        let Some(_busy) = Busy::begin(&self.busy, guild) else { return };
        self.settings.ready().await;
        let last_heard = self.settings.last_heard(&guild.get().into());
        let Ok(me) = self.rest.me().await else { return };
        for place in readable(cache, guild, me) {
            let id = place.channel.get();
            let noted = self.settings.seen(&id.into()).and_then(|seen| seen.message_id.snowflake());
            let from = match self.seen.of(id).max(noted) {
                Some(from) => from,
                // It was made while the bot was away: all that was said in it was missed.
                None if last_heard.is_some_and(|heard| id > heard) => id,
                // Nobody ever listened here; from now on somebody does.
                None => {
                    self.seen.heard(Some(guild.get()), id, place.last.get());
                    continue;
                }
            };
            if place.last.get() > from {
                // Whatever is heard meanwhile: this channel is not done with before its gap is.
                let _held = self.seen.hold(id, from + 1);
                self.channel(cache, guild, place.channel, MessageId::new(from)).await;
            }
        }
    }

    /// A channel was made: whatever is said in it is heard from now on, if the bot may read it.
    pub(crate) fn opened(&self, cache: &Cache, guild: GuildId, channel: ChannelId, me: UserId) {
        if readable(cache, guild, me).iter().any(|place| place.channel == channel) {
            self.seen.heard(Some(guild.get()), channel.get(), channel.get());
        }
    }

    async fn channel(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId, mut after: MessageId) {
        let mut count = 0;
        while let Some(messages) = self.page(channel, after).await {
            let Some(last) = messages.last().map(|message| message.id) else { break };
            let is_full = messages.len() == PAGE;
            count += messages.len();
            let (done, published) = oneshot::channel();
            if self.pages.send(Missed { cache: cache.clone(), guild, messages, done }).await.is_err()
                || published.await.is_err()
            {
                // The process ends; the next one begins where this one had come to.
                return;
            }
            self.seen.heard(Some(guild.get()), channel.get(), last.get());
            after = last;
            if !is_full {
                break;
            }
        }
        metrics::counter!("rtfm_discord_missed_messages_total").increment(count as u64);
        if count > 0 {
            tracing::info!(%channel, count, "what was said while the bot was away has been read");
        }
    }

    /// The next page, however long it takes; none at the end, or when Discord does not let the bot read.
    async fn page(&self, channel: ChannelId, after: MessageId) -> Option<Vec<Message>> {
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        loop {
            match self.rest.page(channel, MessagePagination::After(after)).await {
                Ok(page) => return Some(page).filter(|page| !page.is_empty()),
                Err(error) if error.class() == Class::Permanent => {
                    tracing::warn!(%channel, %error, "what was said while the bot was away cannot be read");
                    return None;
                }
                Err(error) => tracing::debug!(%channel, %error, "what was said while the bot was away: trying again"),
            }
            tokio::time::sleep(delays.next_delay()).await;
        }
    }
}

/// The channels and threads that the bot may read, with their last messages.
fn readable(cache: &Cache, guild: GuildId, me: UserId) -> Vec<Place> {
    let Some(picture) = topology::of(cache, guild) else { return Vec::new() };
    let Some(guild) = cache.guild(guild) else { return Vec::new() };
    let Some(member) = guild.members.get(&me) else { return Vec::new() };
    let mut bot = topology::person(member);
    bot.threads.extend(topology::joined_threads(&guild));
    let channels = guild.channels.values().chain(&guild.threads);
    let readable = channels.filter(|channel| may_read(&picture, channel.id.get(), &bot));
    readable.map(|channel| Place { channel: channel.id, last: last(channel) }).collect()
}

/// The last message of a channel; in one without any, what would come before the first.
fn last(channel: &GuildChannel) -> MessageId {
    channel.last_message_id.unwrap_or_else(|| MessageId::new(channel.id.get()))
}
