//! Gaps: messages written in a guild's channels while the bot was away, fetched by REST when it is back and taken in as
//! if they were written now. Only channels with messages after their checkpoint are asked for.

use super::{
    HistoryReader, MissedChange,
    compare::{Sessions, Since},
};
use crate::{
    discord::{
        channels::{self, ChannelAccess, views},
        ids::{self, EventId, ToEventId, second_of},
        model::{Cache, ChannelId, GuildId, Message, MessageId, UserId},
        rest::{Page, PageFrom},
    },
    publish::{Checkpoints, PendingGuard},
};
use parking_lot::Mutex;
use rtfm_shared::settings::Settings;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Something that the gateway did not deliver.
#[derive(Debug)]
pub(crate) enum CaughtUp {
    Page(MissedPage),
    Change(MissedChange),
}

/// A page of missed messages, oldest first. The next one comes when `done` is used, which means that this one is
/// published.
#[derive(Debug)]
pub(crate) struct MissedPage {
    pub(crate) cache: Arc<Cache>,
    pub(crate) guild: GuildId,
    pub(crate) channel: ChannelId,
    pub(crate) messages: Vec<Message>,
    pub(crate) done: oneshot::Sender<()>,
}

/// What was found and is not taken in yet. Readers wait where it is full.
const FOUND: usize = 4;
/// Guilds whose gaps are filled at once. After an outage there may be thousands, and Discord bans bots that send too
/// many requests.
const AT_ONCE: usize = 4;
/// Edits count as received up to so many seconds before the last message that was received in a channel.
const EDIT_MARGIN: i64 = 60;

/// Fetches what the gateway did not deliver.
#[derive(Clone)]
pub(crate) struct CatchUp {
    pub(super) reader: HistoryReader,
    pub(super) settings: Settings,
    pub(super) checkpoints: Checkpoints,
    found: mpsc::Sender<CaughtUp>,
    pub(super) turns: Turns,
}

/// Limits what runs at once.
#[derive(Clone)]
pub(super) struct Turns {
    gaps: Arc<Semaphore>,
    /// One channel of all guilds at a time: comparisons are not urgent, and share Discord's rate limits.
    pub(super) comparisons: Arc<Semaphore>,
    pub(super) sessions: Sessions,
    /// One after the other in a guild: a session may break while the gap of the one before is being filled.
    guilds: Arc<Mutex<HashMap<GuildId, Arc<tokio::sync::Mutex<()>>>>>,
}

/// A channel in which messages may have been missed.
#[derive(Debug)]
pub(crate) struct ReadableChannel {
    id: ChannelId,
    last: MessageId,
    /// Messages from now on have larger ids.
    now: u64,
    /// Messages from before the bot joined are not its to read.
    joined: u64,
    public_thread_of: Option<ChannelId>,
}

/// A channel when a session began; the session delivers what is written from then on.
#[derive(Debug)]
pub(crate) struct Gap {
    channel: ReadableChannel,
    /// The checkpoint of then.
    received: Option<u64>,
    /// The newest message that was published by then.
    newest: u64,
    /// Keeps the checkpoint where it is until the gap is filled.
    pending: PendingGuard,
}

impl CatchUp {
    /// The second value receives what is found.
    pub(crate) fn new(
        reader: HistoryReader,
        settings: Settings,
        checkpoints: Checkpoints,
    ) -> (Self, mpsc::Receiver<CaughtUp>) {
        let (found, receiver) = mpsc::channel(FOUND);
        let turns = Turns {
            gaps: Arc::new(Semaphore::new(AT_ONCE)),
            comparisons: Arc::new(Semaphore::new(1)),
            sessions: Sessions::default(),
            guilds: Arc::default(),
        };
        (Self { reader, settings, checkpoints, found, turns }, receiver)
    }

    /// The gaps of these channels, to be taken before any event of a new session is.
    pub(crate) fn gaps(&self, guild: GuildId, channels: Vec<ReadableChannel>) -> Vec<Gap> {
        self.checkpoints.release_except(guild.get(), &channels.iter().map(|channel| channel.id.get()).collect());
        let gap = |channel: ReadableChannel| {
            let id = channel.id.get();
            if let Some(parent) = channel.public_thread_of {
                self.checkpoints.thread(guild.get(), id, parent.get());
            }
            let (received, newest) = (self.checkpoints.of(id), self.checkpoints.newest(id));
            Gap { received, newest, pending: self.checkpoints.hold_all(id), channel }
        };
        channels.into_iter().map(gap).collect()
    }

    /// Fetches what was missed in a guild, oldest first in each channel; after the beginning of a new session also the
    /// edits and deletions, which no session delivers later.
    pub(crate) async fn fill(&self, cache: &Arc<Cache>, guild: GuildId, me: UserId, gaps: Vec<Gap>, is_new: bool) {
        let session = is_new.then(|| self.turns.sessions.begin(guild));
        let since = self.fill_each(cache, guild, gaps).await;
        self.update_hidden(guild, &views(cache, guild, me));
        self.checkpoints.store_hidden(&self.settings).await;
        if let Some(session) = session {
            self.compare(cache, guild, session, &since).await;
        }
    }

    /// Fills the gaps, and returns since when edits and deletions may have been missed in each channel.
    async fn fill_each(&self, cache: &Arc<Cache>, guild: GuildId, gaps: Vec<Gap>) -> HashMap<u64, Since> {
        let turn = self.turns.guilds.lock().entry(guild).or_default().clone();
        let _turn = turn.lock().await;
        self.settings.ready().await;
        // The semaphore is never closed.
        let _permit = self.turns.gaps.acquire().await;
        let newest_published = self.settings.newest_published(&guild.event_id());
        let mut since = HashMap::new();
        for Gap { channel, received, newest, pending } in gaps {
            let id = channel.id.get();
            let stored = self.settings.seen(&id.into()).and_then(|seen| seen.message_id.number());
            let received_until = received.max(stored);
            let second = received_until.map_or(0, second_of).saturating_sub(EDIT_MARGIN);
            since.insert(id, Since { second, until: received_until.map_or(newest, |received| newest.max(received)) });
            if self.checkpoints.is_hidden(id, &self.settings) {
                // Visible again without an event: the bot must not read what was written meanwhile.
                self.checkpoints.reopened(guild.get(), id, channel.now);
                self.checkpoints.release(id);
                pending.done();
                continue;
            }
            let from = match received_until {
                Some(from) => from.max(channel.joined),
                // Created while the bot was away: everything in it was missed.
                None if newest_published.is_some_and(|received| id > received) => id.max(channel.joined),
                // Never listened to before; from now on it is.
                None => channel.last.get(),
            }
            .max(self.checkpoints.skipped(id));
            if self.fill_one(cache, guild, &channel, from).await {
                pending.done();
            }
        }
        since
    }

    /// Fetches everything in a channel after a message, and again while messages are left out meanwhile; false when the
    /// process ends.
    async fn fill_one(&self, cache: &Arc<Cache>, guild: GuildId, channel: &ReadableChannel, mut from: u64) -> bool {
        let id = channel.id.get();
        let mut last = channel.last.get();
        loop {
            last = last.max(self.checkpoints.newest_lost(id));
            if last > from {
                let Some(read) = self.fetch(cache, guild, channel.id, from).await else { return false };
                from = read.max(last);
            }
            if !self.checkpoints.filled(guild.get(), id, from) {
                return true;
            }
        }
    }

    /// Fetches everything in a channel after a message, and returns how far that is; none when the process ends.
    async fn fetch(&self, cache: &Arc<Cache>, guild: GuildId, channel: ChannelId, mut after: u64) -> Option<u64> {
        let mut count = 0;
        loop {
            let Some(page) = self.page(channel, PageFrom::After(MessageId::new(after))).await else {
                self.checkpoints.release(channel.get());
                break;
            };
            let Some((_, last)) = page.ends else { break };
            count += page.messages.len();
            let (done, published) = oneshot::channel();
            let missed = MissedPage { cache: cache.clone(), guild, channel, messages: page.messages, done };
            if !self.emit(CaughtUp::Page(missed)).await || published.await.is_err() {
                // The process ends: the next one fetches it again.
                return None;
            }
            self.checkpoints.advance(Some(guild.get()), channel.get(), last.get());
            after = last.get();
            if !page.is_full {
                break;
            }
        }
        metrics::counter!("rtfm_discord_missed_messages_total").increment(count as u64);
        if count > 0 {
            tracing::info!(%channel, count, "fetched messages missed while away");
        }
        Some(after)
    }

    /// The next page; none where Discord does not let the bot read.
    pub(super) async fn page(&self, channel: ChannelId, from: PageFrom) -> Option<Page> {
        let page = self.reader.page(channel, from).await;
        page.inspect_err(|error| tracing::warn!(%channel, %error, "failed to read what was missed")).ok()
    }

    /// Hands over what was found; false when the process ends.
    pub(super) async fn emit(&self, found: CaughtUp) -> bool {
        self.found.send(found).await.is_ok()
    }
}

/// The channels and threads that the bot may read, with their last messages: those of `last` if it is given, as Discord
/// just sent them, or those in the cache.
pub(crate) fn readable(
    cache: &Cache,
    guild: GuildId,
    me: UserId,
    last: Option<&HashMap<ChannelId, MessageId>>,
) -> Vec<ReadableChannel> {
    let Some((all, joined)) = channels::access(cache, guild, me) else { return Vec::new() };
    let readable = all.into_iter().filter(|channel| channel.has_messages && channel.may_read);
    let channel = |channel: ChannelAccess| {
        let known = last.map_or(channel.last_message, |last| last.get(&channel.id).copied());
        let id = channel.id.get();
        // A channel without messages: everything in it will come after its own id.
        let last_message = known.unwrap_or_else(|| MessageId::new(id));
        // Where Discord just sent the last messages, its events deliver everything after them.
        let now = if last.is_some() { last_message.get() } else { ids::now().max(last_message.get()) };
        ReadableChannel { id: channel.id, last: last_message, now, joined, public_thread_of: channel.public_thread_of }
    };
    readable.map(channel).collect()
}
