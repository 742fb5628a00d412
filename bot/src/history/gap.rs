//! The gap: what was said in a guild's channels while the bot was away, fetched by REST when it is back and heard as
//! if it were said now. Only channels in which something was said since they were last heard are asked for.

use super::{
    Changed, Hold, Seen,
    compare::{Sessions, Since},
    view::{now, views},
};
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
pub(super) const FIRST_DELAY: Duration = Duration::from_secs(1);
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(60);

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
/// So many seconds before the last message that was heard in a channel, edits were heard, too.
const SURE: i64 = 60;

/// Fills gaps.
#[derive(Clone)]
pub(crate) struct Gaps {
    pub(super) rest: Arc<Rest>,
    pub(super) settings: Settings,
    pub(super) seen: Seen,
    /// Where pages are heard.
    pages: mpsc::Sender<Missed>,
    /// Where is heard what changed.
    pub(super) changes: mpsc::Sender<Changed>,
    turns: Arc<Semaphore>,
    /// One channel of all guilds at a time: nobody waits for it, and others do for what Discord allows.
    pub(super) comparing: Arc<Semaphore>,
    pub(super) sessions: Sessions,
    /// One after the other in a guild: a session may break while the gap of the one before is being filled.
    guilds: Arc<Mutex<HashMap<GuildId, Arc<tokio::sync::Mutex<()>>>>>,
}

/// A channel in which something may have been said.
#[derive(Debug)]
pub(crate) struct Place {
    channel: ChannelId,
    last: MessageId,
    /// What is said from now on comes after this.
    now: u64,
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
    /// Its newest message that was published.
    newest: u64,
    /// Until its gap is filled, nothing in it is done with.
    held: Hold,
}

impl Gaps {
    /// Pages go to `pages`, and what changed to `changes`.
    pub(crate) fn new(
        rest: Arc<Rest>,
        settings: Settings,
        seen: Seen,
        pages: mpsc::Sender<Missed>,
        changes: mpsc::Sender<Changed>,
    ) -> Self {
        let (turns, comparing) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Semaphore::new(1)));
        let (guilds, sessions) = (Arc::default(), Sessions::default());
        Self { rest, settings, seen, pages, changes, turns, comparing, sessions, guilds }
    }

    /// These places as they are before anything of a new session is heard.
    pub(crate) fn before(&self, guild: GuildId, places: Vec<Place>) -> Vec<Before> {
        let before = |place: Place| {
            let id = place.channel.get();
            if let Some(parent) = place.public_thread_of {
                self.seen.thread(guild.get(), id, parent.get());
            }
            Before { heard: self.seen.of(id), newest: self.seen.newest(id), held: self.seen.hold_all(id), place }
        };
        places.into_iter().map(before).collect()
    }

    /// Hears what was missed in a guild, oldest first in each channel; after the beginning of a new session, also what
    /// was edited and deleted, which the session does not tell.
    pub(crate) async fn fill(&self, cache: &Arc<Cache>, guild: GuildId, me: UserId, places: Vec<Before>, is_new: bool) {
        let session = is_new.then(|| self.sessions.begin(guild));
        let since = self.gaps(cache, guild, places).await;
        self.look(guild, &views(cache, guild, me));
        self.seen.note_shut(&self.settings).await;
        if let Some(session) = session {
            self.compare(cache, guild, session, &since).await;
        }
    }

    /// Fills the gaps, and tells what may not have been heard of what was said before in each channel.
    async fn gaps(&self, cache: &Arc<Cache>, guild: GuildId, places: Vec<Before>) -> HashMap<u64, Since> {
        let turn = self.guilds.lock().unwrap_or_else(PoisonError::into_inner).entry(guild).or_default().clone();
        let _turn = turn.lock().await;
        self.settings.ready().await;
        // It is closed by nobody.
        let _place = self.turns.acquire().await;
        let last_heard = self.settings.last_heard(&guild.get().into());
        let mut since = HashMap::new();
        for Before { place, heard, newest, held } in places {
            let id = place.channel.get();
            let noted = self.settings.seen(&id.into()).and_then(|seen| seen.message_id.snowflake());
            let heard_until = heard.max(noted);
            let unsure = heard_until.map_or(0, second).saturating_sub(SURE);
            since.insert(id, Since { second: unsure, until: newest.max(heard_until.unwrap_or_default()) });
            if self.seen.is_shut(id, &self.settings) {
                // Let in again while nobody listened: what was said meanwhile is not the bot's to read.
                self.seen.reopened(guild.get(), id, place.now);
                held.done();
                continue;
            }
            let from = match heard_until {
                Some(from) => from.max(place.joined),
                // It was made while the bot was away: all that was said in it was missed.
                None if last_heard.is_some_and(|heard| id > heard) => id.max(place.joined),
                // Nobody ever listened here; from now on somebody does.
                None => place.last.get(),
            }
            .max(self.seen.skipped(id));
            let is_heard = place.last.get() <= from;
            let read = if is_heard { Some(from) } else { self.channel(cache, guild, place.channel, from).await };
            if let Some(read) = read {
                self.seen.filled(guild.get(), id, read.max(place.last.get()));
                held.done();
            }
        }
        since
    }

    /// Hears everything in a channel that can be, and tells how far that is; none when the process ends.
    async fn channel(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId, mut after: u64) -> Option<u64> {
        let mut count = 0;
        while let Some(page) = self.page(channel, PageFrom::After(MessageId::new(after))).await {
            let Some((_, last)) = page.ends else { break };
            count += page.messages.len();
            let (done, published) = oneshot::channel();
            let missed = Missed { cache: cache.clone(), guild, channel, messages: page.messages, done };
            if self.pages.send(missed).await.is_err() || published.await.is_err() {
                // The process ends: it is fetched again by the next.
                return None;
            }
            self.seen.heard(Some(guild.get()), channel.get(), last.get());
            after = last.get();
            if !page.is_full {
                break;
            }
        }
        metrics::counter!("rtfm_discord_missed_messages_total").increment(count as u64);
        if count > 0 {
            tracing::info!(%channel, count, "what was said while the bot was away has been read");
        }
        Some(after)
    }

    /// The next page, however long it takes; none when Discord does not let the bot read.
    pub(super) async fn page(&self, channel: ChannelId, from: PageFrom) -> Option<Page> {
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        loop {
            match self.rest.page(channel, from).await {
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
    let place = |channel: &GuildChannel| {
        let last = last(channel, told);
        // Who tells the last messages tells what comes after them.
        let now = if told.is_some() { last.get() } else { now().max(last.get()) };
        Place { channel: channel.id, last, now, joined, public_thread_of: public_thread_of(channel) }
    };
    readable.map(place).collect()
}

/// Whether messages stand in a channel itself, and not only in its threads.
pub(crate) fn has_messages(channel: &GuildChannel) -> bool {
    !matches!(channel.kind, ChannelType::Forum | ChannelType::Unknown(_) | ChannelType::Category)
}

/// The first second of 2015, where snowflakes begin to count.
const EPOCH: i64 = 1_420_070_400;

/// The second of a snowflake.
pub(super) fn second(snowflake: u64) -> i64 {
    EPOCH + i64::try_from((snowflake >> 22) / 1000).unwrap_or_default()
}

/// The first snowflake of a second.
pub(crate) fn snowflake(second: i64) -> u64 {
    u64::try_from((second - EPOCH).saturating_mul(1000)).unwrap_or_default() << 22
}

/// The last message of a channel; in one without any, what would come before the first.
fn last(channel: &GuildChannel, told: Option<&HashMap<ChannelId, MessageId>>) -> MessageId {
    let known = told.map_or(channel.last_message_id, |told| told.get(&channel.id).copied());
    known.unwrap_or_else(|| MessageId::new(channel.id.get()))
}
