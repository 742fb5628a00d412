//! The guilds that the bot is in, as they are noted on `bot-settings`, and what follows from coming into one and from
//! being taken from one. Everything in its order, in one task: what was said in a guild that the bot was taken from is
//! to be forgotten after the last page of its history that was on its way, and before any history is read again.
//!
//! The notes are there for the bot that comes next: a guild that is noted, and that a new session does not name, was
//! left while nobody listened.

use crate::{backfill::Backfills, forgetting::Forgetting, publish::SOURCE};
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::{
    event::{self, GuildLeft, GuildMembership, MessageEvent, SettingsEvent},
    resilience::{Backoff, Class, Classify},
    settings::{Settings, SettingsError},
};
use serenity::{cache::Cache, model::id::GuildId, utils::shard_id};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Between two tries to note something while the bus is away.
const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(15);

/// Instants that are no further apart are the same, told with another precision.
const SAME: SignedDuration = SignedDuration::from_secs(1);

/// What happened to the bot in its guilds.
#[derive(Debug)]
pub(crate) enum Presence {
    /// A new session of a shard began, and named every guild of the shard.
    Session {
        /// The shard.
        shard: u32,
        /// Of so many.
        total: u32,
        /// Those that it named.
        guilds: BTreeSet<GuildId>,
        /// When.
        at: Timestamp,
    },
    /// A guild is known, and the bot is in it since then.
    In(GuildId, Timestamp),
    /// The bot was taken from a guild then.
    Out(GuildId, Timestamp),
    /// The bot may read more of a guild than before.
    Opened(GuildId),
}

/// What happened, with the trace of the event that told it.
pub(crate) type Told = (Arc<Cache>, Presence, String);

/// Keeps account of the guilds.
pub(crate) struct Guilds {
    pub(crate) settings: Settings,
    pub(crate) backfills: Backfills,
    pub(crate) forgetting: Forgetting,
    pub(crate) at_work: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Guilds {
    /// Keeps account in the background, until the process ends.
    pub(crate) fn keep(self, told: mpsc::UnboundedReceiver<Told>) {
        let (at_work, stop) = (self.at_work.clone(), self.stop.clone());
        at_work.spawn(async move { stop.run_until_cancelled(self.run(told)).await });
    }

    async fn run(self, mut told: mpsc::UnboundedReceiver<Told>) {
        self.settings.ready().await;
        let mut changes = self.settings.changes();
        // Those that want their histories read by themselves.
        let (mut eager, mut cache) = (self.eager(), None);
        loop {
            tokio::select! {
                next = told.recv() => {
                    let Some((known, presence, traceparent)) = next else { return };
                    self.act(&known, presence, traceparent).await;
                    cache = Some(known);
                }
                () = changes.next() => {
                    let now = self.eager();
                    if let Some(cache) = &cache {
                        now.difference(&eager).for_each(|guild| self.look(cache, *guild));
                    }
                    eager = now;
                }
            }
        }
    }

    async fn act(&self, cache: &Arc<Cache>, presence: Presence, traceparent: String) {
        match presence {
            Presence::Session { shard, total, guilds, at } => {
                for gone in self.gone(cache, (shard, total), &guilds, at) {
                    tracing::info!(guild = %gone, "the bot was taken from a guild while nobody listened");
                    self.left(cache, gone, at, &traceparent).await;
                }
            }
            Presence::In(guild, joined_at) => {
                let is_own = |noted: &GuildMembership| {
                    noted.is_member && noted.bot_id.as_ref().is_none_or(|known| *known == bot(cache))
                };
                let noted = self.settings.membership(&guild.get().into()).filter(is_own);
                let since = noted.and_then(|noted| noted.joined_at);
                // Taken from it and let in again while nobody listened: what came before is to be forgotten.
                let is_news = since.is_none_or(|since| joined_at.duration_since(since) > SAME);
                let is_back = is_news && since.is_some();
                if is_news && (!is_back || self.forgotten(guild, joined_at, &traceparent).await) {
                    self.note(cache, guild, Some(joined_at)).await;
                }
                self.look(cache, guild);
            }
            Presence::Out(guild, at) => self.left(cache, guild, at, &traceparent).await,
            Presence::Opened(guild) if self.settings.guild(&guild.get().into()).backfill_new_channels => {
                self.look(cache, guild);
            }
            Presence::Opened(_) => {}
        }
    }

    /// The guilds of a shard that the bot was in, as far as is known, and that a session of then does not name.
    fn gone(
        &self,
        cache: &Cache,
        (shard, total): (u32, u32),
        named: &BTreeSet<GuildId>,
        at: Timestamp,
    ) -> Vec<GuildId> {
        let me = bot(cache);
        let joined = self.settings.joined();
        let is_others = |noted: &GuildMembership| noted.bot_id.as_ref().is_some_and(|bot| *bot != me);
        // With the token of another bot nothing is known of its guilds, and nothing of theirs is to be forgotten.
        let is_others_bus = joined.iter().any(is_others);
        if is_others_bus {
            tracing::warn!("bot-settings knows guilds of another bot: what was said there is kept");
        }
        let is_gone = |noted: GuildMembership| {
            let guild = id_of(&noted.guild_id)?;
            let is_own = noted.bot_id.as_ref().map_or(!is_others_bus, |bot| *bot == me);
            let is_ours = is_own && total > 0 && shard_id(guild, total) == shard;
            // The bot may have been let into it since the session began.
            let is_new = noted.changed_at > at || cache.guild(guild).is_some();
            (is_ours && !is_new && !named.contains(&guild)).then_some(guild)
        };
        joined.into_iter().filter_map(is_gone).collect()
    }

    /// The bot is no longer in a guild.
    async fn left(&self, cache: &Cache, guild: GuildId, at: Timestamp, traceparent: &str) {
        tracing::info!(%guild, "the bot left a guild: what was said there is to be forgotten");
        // Noted last: a bot that dies before is followed by one that says it again.
        if self.forgotten(guild, at, traceparent).await {
            self.note(cache, guild, None).await;
        }
    }

    /// Says that what was said in a guild up to an instant is to be forgotten, after all that is still being read there.
    /// Whether it is said; if not, the process ends.
    async fn forgotten(&self, guild: GuildId, until: Timestamp, traceparent: &str) -> bool {
        self.backfills.end_in(guild).await;
        let left = GuildLeft { guild_id: guild.get().into(), timestamp: until };
        self.forgetting.say(MessageEvent::GuildLeft(left), traceparent.to_owned()).await
    }

    async fn note(&self, cache: &Cache, guild: GuildId, joined_at: Option<Timestamp>) {
        let (guild_id, is_member, changed_at) = (guild.get().into(), joined_at.is_some(), Timestamp::now());
        let noted = GuildMembership { guild_id, is_member, bot_id: Some(bot(cache)), joined_at, changed_at };
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        loop {
            match self.settings.decide(SettingsEvent::Membership(noted.clone()), SOURCE).await {
                Ok(()) | Err(SettingsError::NotHeard) => return,
                Err(error) if error.class() == Class::Permanent => {
                    return tracing::error!(%guild, %error, "it cannot be noted whether the bot is in a guild");
                }
                Err(error) => tracing::debug!(%guild, %error, "whether the bot is in a guild is not noted yet"),
            }
            tokio::time::sleep(delays.next_delay()).await;
        }
    }

    /// The guilds that want the history of every channel.
    fn eager(&self) -> BTreeSet<GuildId> {
        let eager = self.settings.guilds().into_iter().filter(|guild| guild.backfill_new_channels);
        eager.filter_map(|guild| id_of(&guild.guild_id)).collect()
    }

    /// Goes on with what was being read when a bot ended, and begins where a guild wants it.
    fn look(&self, cache: &Arc<Cache>, guild: GuildId) {
        let (backfills, cache, stop) = (self.backfills.clone(), cache.clone(), self.stop.clone());
        self.at_work.spawn(async move { stop.run_until_cancelled(backfills.look(&cache, guild)).await });
    }
}

/// The bot that is connected.
fn bot(cache: &Cache) -> event::UserId {
    cache.current_user().id.get().into()
}

fn id_of(guild: &event::GuildId) -> Option<GuildId> {
    guild.0.parse().ok().filter(|id| *id != 0).map(GuildId::new)
}
