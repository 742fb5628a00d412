//! The gap: what was said in a guild's channels while the bot was away, fetched by REST when it is back and heard as
//! if it were said now. Only channels in which something was said since they were last heard are asked for.

use super::{Hold, Seen};
use crate::{
    access::may_read,
    gateway::{public_thread_of, topology},
    rest::{Page, PageFrom, Rest},
};
use rtfm_shared::{
    resilience::{Backoff, Class, Classify},
    settings::Settings,
};
use serenity::{
    cache::Cache,
    model::{
        channel::{ChannelType, GuildChannel, Message},
        id::{ChannelId, GuildId, MessageId, UserId},
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Between two tries for a page while Discord is in trouble.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// A page of what was missed, oldest first. The next one comes when `done` is used, which means that this one is
/// published.
#[derive(Debug)]
pub(crate) struct Missed {
    pub(crate) cache: Arc<Cache>,
    pub(crate) guild: GuildId,
    pub(crate) channel: ChannelId,
    pub(crate) messages: Vec<Message>,
    pub(crate) done: oneshot::Sender<()>,
}

/// Guilds whose gaps are filled at once. After an outage there may be thousands, and Discord bans who asks too much.
const AT_ONCE: usize = 4;

/// Fills gaps.
#[derive(Clone)]
pub(crate) struct Gaps {
    rest: Arc<Rest>,
    settings: Settings,
    seen: Seen,
    /// Where pages are heard.
    pages: mpsc::Sender<Missed>,
    turns: Arc<Semaphore>,
    /// One after the other in a guild: a session may break while the gap of the one before is being filled.
    guilds: Arc<Mutex<HashMap<GuildId, Arc<tokio::sync::Mutex<()>>>>>,
}

/// A channel in which something may have been said.
#[derive(Debug)]
pub(crate) struct Place {
    channel: ChannelId,
    last: MessageId,
    /// What was said before the bot was let in is not its to hear.
    joined: u64,
    /// The channel on which it hangs, if it is a public thread.
    public_thread_of: Option<ChannelId>,
}

/// A place when a session began: what is said from then on is told by the session.
#[derive(Debug)]
pub(crate) struct Before {
    place: Place,
    /// How far it had been heard.
    heard: Option<u64>,
    /// Until its gap is filled, nothing in it is done with.
    held: Hold,
}

impl Gaps {
    /// Pages go to `pages`.
    pub(crate) fn new(rest: Arc<Rest>, settings: Settings, seen: Seen, pages: mpsc::Sender<Missed>) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Self { rest, settings, seen, pages, turns, guilds: Arc::default() }
    }

    /// These places as they are before anything of a new session is heard.
    pub(crate) fn before(&self, guild: GuildId, places: Vec<Place>) -> Vec<Before> {
        let before = |place: Place| {
            let id = place.channel.get();
            if let Some(parent) = place.public_thread_of {
                self.seen.thread(guild.get(), id, parent.get());
            }
            Before { heard: self.seen.of(id), held: self.seen.hold(id, 1), place }
        };
        places.into_iter().map(before).collect()
    }

    /// Hears what was missed in a guild, oldest first in each channel.
    pub(crate) async fn fill(&self, cache: &Arc<Cache>, guild: GuildId, places: Vec<Before>) {
        let turn = self.guilds.lock().unwrap_or_else(PoisonError::into_inner).entry(guild).or_default().clone();
        let _turn = turn.lock().await;
        self.settings.ready().await;
        // It is closed by nobody.
        let _place = self.turns.acquire().await;
        let last_heard = self.settings.last_heard(&guild.get().into());
        for Before { place, heard, held } in places {
            let id = place.channel.get();
            let noted = self.settings.seen(&id.into()).and_then(|seen| seen.message_id.snowflake());
            let from = match heard.max(noted) {
                Some(from) => from.max(place.joined),
                // It was made while the bot was away: all that was said in it was missed.
                None if last_heard.is_some_and(|heard| id > heard) => id.max(place.joined),
                // Nobody ever listened here; from now on somebody does.
                None => place.last.get(),
            };
            let is_filled =
                place.last.get() <= from || self.channel(cache, guild, place.channel, MessageId::new(from)).await;
            if is_filled {
                self.seen.filled(guild.get(), id, from.max(place.last.get()));
                held.done();
            }
        }
    }

    /// A channel was made: whatever is said in it is heard from now on, if the bot may read it.
    pub(crate) fn opened(&self, cache: &Cache, guild: GuildId, channel: ChannelId, me: UserId) {
        if let Some(place) = readable(cache, guild, me, None).iter().find(|place| place.channel == channel) {
            if let Some(parent) = place.public_thread_of {
                self.seen.thread(guild.get(), channel.get(), parent.get());
            }
            self.seen.heard(Some(guild.get()), channel.get(), channel.get());
        }
    }

    /// Whether everything is heard that can be; not when the process ends.
    async fn channel(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId, mut after: MessageId) -> bool {
        let mut count = 0;
        while let Some(page) = self.page(channel, after).await {
            let Some((_, last)) = page.ends else { break };
            count += page.messages.len();
            let (done, published) = oneshot::channel();
            let missed = Missed { cache: cache.clone(), guild, channel, messages: page.messages, done };
            if self.pages.send(missed).await.is_err() || published.await.is_err() {
                // The process ends, or the bus has been away for too long: it is fetched again another time.
                return false;
            }
            self.seen.heard(Some(guild.get()), channel.get(), last.get());
            after = last;
            if !page.is_full {
                break;
            }
        }
        metrics::counter!("rtfm_discord_missed_messages_total").increment(count as u64);
        if count > 0 {
            tracing::info!(%channel, count, "what was said while the bot was away has been read");
        }
        true
    }

    /// The next page, however long it takes; none when Discord does not let the bot read.
    async fn page(&self, channel: ChannelId, after: MessageId) -> Option<Page> {
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        loop {
            match self.rest.page(channel, PageFrom::After(after)).await {
                Ok(page) => return Some(page),
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

/// The channels and threads that the bot may read, with their last messages: those told, or those known now.
pub(crate) fn readable(
    cache: &Cache,
    guild: GuildId,
    me: UserId,
    told: Option<&HashMap<ChannelId, MessageId>>,
) -> Vec<Place> {
    let Some(picture) = topology::of(cache, guild) else { return Vec::new() };
    let Some(guild) = cache.guild(guild) else { return Vec::new() };
    let Some(bot) = topology::bot(&guild, me) else { return Vec::new() };
    let joined = snowflake(guild.joined_at.unix_timestamp());
    let channels = guild.channels.values().chain(&guild.threads).filter(|channel| has_messages(channel));
    let readable = channels.filter(|channel| may_read(&picture, channel.id.get(), &bot));
    let place = |channel: &GuildChannel| Place {
        channel: channel.id,
        last: last(channel, told),
        joined,
        public_thread_of: public_thread_of(channel),
    };
    readable.map(place).collect()
}

/// Whether messages stand in a channel itself, and not only in its threads.
pub(crate) fn has_messages(channel: &GuildChannel) -> bool {
    !matches!(channel.kind, ChannelType::Forum | ChannelType::Unknown(_) | ChannelType::Category)
}

/// The first snowflake of a second.
pub(crate) fn snowflake(second: i64) -> u64 {
    /// The first second of 2015, where snowflakes begin to count.
    const EPOCH: i64 = 1_420_070_400;
    u64::try_from((second - EPOCH).saturating_mul(1000)).unwrap_or_default() << 22
}

/// The last message of a channel; in one without any, what would come before the first.
fn last(channel: &GuildChannel, told: Option<&HashMap<ChannelId, MessageId>>) -> MessageId {
    let known = told.map_or(channel.last_message_id, |told| told.get(&channel.id).copied());
    known.unwrap_or_else(|| MessageId::new(channel.id.get()))
}
