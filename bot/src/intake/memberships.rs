//! The guilds of which the bot is a member, as stored on `bot-settings`, and what follows from joining and leaving one.
//! One task does everything in order: the messages of a guild that the bot left are removed after the last page of its
//! history that was on its way, and before any history is read again.
//!
//! The notes are for the bot that comes next: a guild that is noted, and that a new session does not name, was left
//! while no bot was connected.

use crate::{
    catch_up::backfill::Backfills,
    discord::{
        ids::{EventId, ToEventId},
        model::{Cache, GuildId, shard_id},
        retry::is_passing,
    },
    publish::{Removals, SOURCE},
    tasks::Tasks,
};
use backon::Retryable;
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::{
    event::{self, GuildLeft, GuildMembership, MessageEvent, SettingsEvent},
    resilience::Backoff,
    settings::{Settings, SettingsError},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Between two tries to store something while the bus is away.
const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(15);

/// Times that are no further apart are the same, written with different precision.
const SAME: SignedDuration = SignedDuration::from_secs(1);

/// Changes that wait: at the start every guild has one, and they wait for the settings.
const WAITING: usize = 65_536;

/// A change of the bot's memberships.
#[derive(Debug)]
pub(super) enum Change {
    /// A new session of a shard began, and named every guild of the shard.
    Session { shard: u32, total: u32, guilds: BTreeSet<GuildId>, at: Timestamp },
    /// The bot is a member since then.
    Joined(GuildId, Timestamp),
    /// The bot was removed then.
    Left(GuildId, Timestamp),
    /// The bot may be able to read more of a guild than before.
    MoreReadable(GuildId),
}

/// A change with the cache and the trace of its event.
pub(super) type Membership = (Arc<Cache>, Change, String);

/// Keeps account of the guilds.
pub(super) struct Memberships {
    pub(super) settings: Settings,
    pub(super) backfills: Backfills,
    pub(super) removals: Removals,
    pub(super) tasks: Tasks,
}

impl Memberships {
    /// Keeps account in the background, until the bot stops.
    pub(super) fn start(self) -> mpsc::Sender<Membership> {
        let (sender, changes) = mpsc::channel(WAITING);
        let tasks = self.tasks.clone();
        tasks.spawn_until_stop(self.run(changes));
        sender
    }

    async fn run(self, mut memberships: mpsc::Receiver<Membership>) {
        self.settings.ready().await;
        let mut changes = self.settings.changes();
        // Those that want their histories read by themselves.
        let (mut eager, mut cache) = (self.eager(), None);
        loop {
            tokio::select! {
                next = memberships.recv() => {
                    let Some((known, change, traceparent)) = next else { return };
                    self.handle(&known, change, &traceparent).await;
                    cache = Some(known);
                }
                () = changes.next() => {
                    let now = self.eager();
                    if let Some(cache) = &cache {
                        now.difference(&eager).for_each(|guild| self.backfill(cache, *guild));
                    }
                    eager = now;
                }
            }
        }
    }

    async fn handle(&self, cache: &Arc<Cache>, change: Change, traceparent: &str) {
        match change {
            Change::Session { shard, total, guilds, at } => {
                for gone in self.left_while_away(cache, (shard, total), &guilds, at) {
                    tracing::info!(guild = %gone, "bot was removed from a guild while away");
                    self.left(cache, gone, at, traceparent).await;
                }
            }
            Change::Joined(guild, joined_at) => {
                let is_own = |stored: &GuildMembership| {
                    stored.is_member && stored.bot_id.as_ref().is_none_or(|known| *known == bot(cache))
                };
                let stored = self.settings.membership(&guild.event_id()).filter(is_own);
                let since = stored.and_then(|stored| stored.joined_at);
                // Removed and added again while the bot was away: what came before must be removed.
                let is_news = since.is_none_or(|since| joined_at.duration_since(since) > SAME);
                let is_back = is_news && since.is_some();
                if is_news && (!is_back || self.publish_removal(guild, joined_at, traceparent).await) {
                    self.store(cache, guild, Some(joined_at)).await;
                }
                self.backfill(cache, guild);
            }
            Change::Left(guild, at) => self.left(cache, guild, at, traceparent).await,
            Change::MoreReadable(guild) if self.settings.guild(&guild.event_id()).backfill_new_channels => {
                self.backfill(cache, guild);
            }
            Change::MoreReadable(_) => {}
        }
    }

    /// The guilds of a shard that the bot was in, as far as is known, and that a session of then does not name.
    fn left_while_away(
        &self,
        cache: &Cache,
        (shard, total): (u32, u32),
        named: &BTreeSet<GuildId>,
        at: Timestamp,
    ) -> Vec<GuildId> {
        let me = bot(cache);
        let joined = self.settings.joined();
        let is_others = |stored: &GuildMembership| stored.bot_id.as_ref().is_some_and(|bot| *bot != me);
        // With the token of another bot, its guilds are unknown, and nothing of theirs may be removed.
        let is_others_bus = joined.iter().any(is_others);
        if is_others_bus {
            tracing::warn!("bot-settings has guilds of another bot, keeping their messages");
        }
        let is_gone = |stored: GuildMembership| {
            let guild = stored.guild_id.discord_id()?;
            let is_own = stored.bot_id.as_ref().map_or(!is_others_bus, |bot| *bot == me);
            let is_ours = is_own && total > 0 && shard_id(guild, total) == shard;
            // The bot may have been let into it since the session began.
            let is_new = stored.changed_at > at || cache.guild(guild).is_some();
            (is_ours && !is_new && !named.contains(&guild)).then_some(guild)
        };
        joined.into_iter().filter_map(is_gone).collect()
    }

    /// The bot is no longer in a guild.
    async fn left(&self, cache: &Cache, guild: GuildId, at: Timestamp, traceparent: &str) {
        tracing::info!(%guild, "bot left a guild, removing its messages");
        // Stored last: if the bot dies before, the next one publishes the removal again.
        if self.publish_removal(guild, at, traceparent).await {
            self.store(cache, guild, None).await;
        }
    }

    /// Publishes the removal of a guild's messages up to an instant, after the backfills there have ended. Returns
    /// false when the process ends first.
    async fn publish_removal(&self, guild: GuildId, until: Timestamp, traceparent: &str) -> bool {
        self.backfills.end_in(guild).await;
        let left = GuildLeft { guild_id: guild.event_id(), timestamp: until };
        self.removals.remove(MessageEvent::GuildLeft(left), traceparent.to_owned()).await
    }

    async fn store(&self, cache: &Cache, guild: GuildId, joined_at: Option<Timestamp>) {
        let (guild_id, is_member, changed_at) = (guild.event_id(), joined_at.is_some(), Timestamp::now());
        let stored = GuildMembership { guild_id, is_member, bot_id: Some(bot(cache)), joined_at, changed_at };
        let stored = || async {
            match self.settings.decide(SettingsEvent::Membership(stored.clone()), SOURCE).await {
                // Stored, and read back later.
                Ok(()) | Err(SettingsError::NotYetVisible) => Ok(()),
                Err(error) => Err(error),
            }
        };
        let stored = stored.retry(Backoff::new(FIRST_DELAY, LONGEST_DELAY)).when(is_passing).notify(|error, _| {
            tracing::debug!(%guild, %error, "failed to persist a membership, retrying");
        });
        if let Err(error) = stored.await {
            tracing::error!(%guild, %error, "failed to persist a membership");
        }
    }

    /// The guilds that want the history of every channel.
    fn eager(&self) -> BTreeSet<GuildId> {
        let eager = self.settings.guilds().into_iter().filter(|guild| guild.backfill_new_channels);
        eager.filter_map(|guild| guild.guild_id.discord_id()).collect()
    }

    /// Goes on with what was being read when a bot ended, and begins where a guild wants it.
    fn backfill(&self, cache: &Arc<Cache>, guild: GuildId) {
        let (backfills, cache) = (self.backfills.clone(), cache.clone());
        self.tasks.spawn_until_stop(async move { backfills.resume(&cache, guild).await });
    }
}

/// The bot that is connected.
fn bot(cache: &Cache) -> event::UserId {
    cache.current_user().id.event_id()
}
