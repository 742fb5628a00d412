//! Reads histories by REST: pages, messages and lists of threads. Everything that the gateway did not deliver is read
//! through here, so there is one way to wait while Discord is in trouble.

use crate::discord::{
    model::{Cache, ChannelId, ChannelType, DiscordTimestamp, GuildChannel, GuildId, Message, MessageId, UserId},
    rest::{Page, PageFrom, Rest, RestError},
    retry::is_passing,
};
use backon::Retryable;
use rtfm_shared::resilience::Backoff;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Mutex, time::Instant};

/// Between two tries while Discord is in trouble.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// How long a list of active threads is used. The gateway reports threads that start meanwhile.
const LIST_AGE: Duration = Duration::from_secs(60);

/// The active threads of a guild, and when they were listed.
type ThreadList = (Instant, Vec<GuildChannel>);

/// Clones share their lists of threads.
#[derive(Clone, Debug)]
pub(crate) struct HistoryReader {
    rest: Arc<Rest>,
    /// Discord lists the threads of a whole guild at once, and the channels of a guild are mostly read one after the
    /// other.
    active: Arc<Mutex<HashMap<GuildId, ThreadList>>>,
}

impl HistoryReader {
    pub(crate) fn new(rest: Arc<Rest>) -> Self {
        Self { rest, active: Arc::default() }
    }

    pub(super) fn rest(&self) -> &Rest {
        &self.rest
    }

    /// A page, however long it takes; an error only where Discord refuses.
    pub(super) async fn page(&self, channel: ChannelId, from: PageFrom) -> Result<Page, RestError> {
        let page = (|| self.rest.page(channel, from)).retry(Backoff::new(FIRST_DELAY, LONGEST_DELAY));
        page.when(is_passing).notify(|error, _| retrying(channel, error)).await
    }

    /// A message, however long it takes; an error only where Discord refuses.
    pub(super) async fn message(&self, channel: ChannelId, message: MessageId) -> Result<Message, RestError> {
        let found = (|| self.rest.message(channel, message)).retry(Backoff::new(FIRST_DELAY, LONGEST_DELAY));
        found.when(is_passing).notify(|error, _| retrying(channel, error)).await
    }

    /// Every thread of a channel that the bot may read. Only who manages threads may list archived private ones, and a
    /// refused request would count against the bot.
    pub(super) async fn threads(&self, cache: &Cache, channel: &GuildChannel) -> Result<Vec<GuildChannel>, RestError> {
        if !matches!(channel.kind, ChannelType::Text | ChannelType::News | ChannelType::Forum | ChannelType::Unknown(_))
        {
            return Ok(Vec::new());
        }
        let mut threads = self.active_threads(channel).await?;
        // Threads that became active after the list was made.
        threads.extend(cache.guild(channel.guild_id).into_iter().flat_map(|guild| {
            let own = guild.threads.iter().filter(|thread| thread.parent_id == Some(channel.id));
            own.cloned().collect::<Vec<_>>()
        }));
        threads.extend(self.archived_threads(channel.id, false).await?);
        let manages = manages_threads(cache, channel, self.rest.me().await?);
        // A forum has no private threads.
        if manages && matches!(channel.kind, ChannelType::Text | ChannelType::News) {
            threads.extend(self.archived_threads(channel.id, true).await?);
        }
        threads.sort_by_key(|thread| thread.id);
        threads.dedup_by_key(|thread| thread.id);
        Ok(threads)
    }

    async fn active_threads(&self, channel: &GuildChannel) -> Result<Vec<GuildChannel>, RestError> {
        // Held during the request, so that others wait for its answer instead of asking too.
        let mut lists = self.active.lock().await;
        lists.retain(|_, (since, _)| since.elapsed() < LIST_AGE);
        let (_, all) = match lists.entry(channel.guild_id) {
            Entry::Occupied(listed) => listed.into_mut(),
            Entry::Vacant(new) => new.insert((Instant::now(), self.rest.active_threads(channel.guild_id).await?)),
        };
        Ok(all.iter().filter(|thread| thread.parent_id == Some(channel.id)).cloned().collect())
    }

    async fn archived_threads(&self, channel: ChannelId, are_private: bool) -> Result<Vec<GuildChannel>, RestError> {
        let (mut threads, mut before): (Vec<GuildChannel>, Option<DiscordTimestamp>) = (Vec::new(), None);
        loop {
            let (page, has_more) = self.rest.archived_threads(channel, are_private, before).await?;
            let last = page.last().and_then(|thread| thread.thread_metadata.as_ref()?.archive_timestamp);
            threads.extend(page);
            match last.filter(|last| has_more && before != Some(*last)) {
                Some(last) => before = Some(last),
                None => return Ok(threads),
            }
        }
    }
}

fn retrying(channel: ChannelId, error: &RestError) {
    tracing::info!(%channel, %error, "failed to read history, retrying");
}

/// Whether the bot manages a channel's threads.
fn manages_threads(cache: &Cache, channel: &GuildChannel, me: UserId) -> bool {
    let Some(guild) = cache.guild(channel.guild_id) else { return false };
    let Some(member) = guild.members.get(&me) else { return false };
    guild.user_permissions_in(channel, member).manage_threads()
}
