//! Reading a channel's history: what was said before the bot came, with the threads that hang on it. How far a reading
//! has come stands on `bot-settings`, page by page, so that whichever bot comes next goes on there ([`job`]); people
//! see it in the channel where it was asked for ([`report`]).

mod job;
mod places;
mod report;

use crate::{
    gateway::{Content, topology},
    rest::Rest,
};
use jiff::Timestamp;
use job::Job;
use places::ActiveThreads;
pub(crate) use places::{closed, may_read};
use report::Report;
use rtfm_shared::{
    bus::Bus,
    event::{Backfill, BackfillState, SettingsEvent},
    settings::{Settings, SettingsError},
};
use serenity::{
    cache::Cache,
    model::id::{ChannelId, GuildId, MessageId, UserId},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Channels that are read at once; all others wait.
const AT_ONCE: usize = 2;

/// All readings of this process.
#[derive(Clone)]
pub(crate) struct Backfills {
    rest: Arc<Rest>,
    bus: Arc<dyn Bus>,
    settings: Settings,
    at_work: TaskTracker,
    stop: CancellationToken,
    turns: Arc<Semaphore>,
    running: Arc<Mutex<HashMap<ChannelId, Running>>>,
    active: ActiveThreads,
    content: Content,
}

/// A channel that is being read, or that waits for its turn.
struct Running {
    guild: GuildId,
    cancelled: CancellationToken,
    /// Nothing of it is published any more.
    ended: CancellationToken,
}

/// Who asked for a reading, and where they see how far it has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The person.
    pub(crate) by: UserId,
    /// The channel and the message that show it.
    pub(crate) report: Option<(ChannelId, MessageId)>,
}

impl Backfills {
    /// None is running yet.
    pub(crate) fn new(
        rest: Arc<Rest>,
        bus: Arc<dyn Bus>,
        settings: Settings,
        at_work: TaskTracker,
        stop: CancellationToken,
        content: Content,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let (running, active) = (Arc::default(), ActiveThreads::default());
        Self { rest, bus, settings, at_work, stop, turns, running, active, content }
    }

    /// Whether there is anything to read for a bot that Discord shows no texts.
    pub(crate) fn is_possible(&self) -> bool {
        self.content.is_readable()
    }

    /// Whether a channel is being read by this process.
    pub(crate) fn reads(&self, channel: ChannelId) -> bool {
        self.running().contains_key(&channel)
    }

    /// Begins to read a channel from its newest message on, or does nothing where it is being read.
    pub(crate) async fn begin(
        &self,
        cache: &Arc<Cache>,
        guild: GuildId,
        channel: ChannelId,
        asked: Option<Asked>,
    ) -> Result<bool, SettingsError> {
        if self.reads(channel) {
            return Ok(false);
        }
        let now = Timestamp::now();
        let report = asked.and_then(|asked| asked.report);
        let backfill = Backfill {
            channel_id: channel.get().into(),
            guild_id: guild.get().into(),
            changed_at: now,
            requested_by: asked.map(|asked| asked.by.get().into()),
            began_at: Some(now),
            report_channel_id: report.map(|(channel, _)| channel.get().into()),
            report_message_id: report.map(|(_, message)| message.get().into()),
            ..Backfill::default()
        };
        match self.settings.decide(SettingsEvent::Backfill(backfill.clone()), crate::publish::SOURCE).await {
            // It is stored all the same.
            Ok(()) | Err(SettingsError::NotHeard) => {}
            Err(error) => return Err(error),
        }
        self.run(cache, guild, backfill);
        Ok(true)
    }

    /// Ends the reading of a channel; whether there was one.
    pub(crate) fn cancel(&self, channel: ChannelId) -> bool {
        self.running().get(&channel).inspect(|running| running.cancelled.cancel()).is_some()
    }

    /// Ends every reading in a guild; when this returns, nothing of it is published any more. Nothing more is begun there
    /// unless the bot is in it.
    pub(crate) async fn end_in(&self, guild: GuildId) {
        let ended: Vec<CancellationToken> = {
            let running = self.running();
            let there = running.values().filter(|running| running.guild == guild);
            there.inspect(|running| running.cancelled.cancel()).map(|running| running.ended.clone()).collect()
        };
        for ended in ended {
            ended.cancelled().await;
        }
    }

    /// Goes on with what was being read in a guild when a bot ended, and begins where the guild wants the history of
    /// every channel.
    pub(crate) async fn look(&self, cache: &Arc<Cache>, guild: GuildId) {
        if !self.is_possible() {
            return;
        }
        self.settings.ready().await;
        // What was read before the bot was taken from the guild was forgotten with it.
        let joined = cache.guild(guild).map(|guild| guild.joined_at.unix_timestamp());
        let still = |backfill: &Backfill| backfill.began_at.map(Timestamp::as_second) >= joined;
        let ours = |backfill: &Backfill| backfill.guild_id == guild.get().into() && still(backfill);
        let known: Vec<Backfill> = self.settings.backfills().into_iter().filter(ours).collect();
        for backfill in known {
            if backfill.state == BackfillState::Running && backfill.part_of.is_none() {
                self.run(cache, guild, backfill);
            }
        }
        if !self.settings.guild(&guild.get().into()).backfill_new_channels {
            return;
        }
        let Ok(me) = self.rest.me().await else { return };
        for channel in places::readable(cache, guild, me) {
            match self.settings.backfill(&channel.get().into()).filter(&still) {
                // It was closed to the bot meanwhile, perhaps, and is open now.
                Some(known) if known.state == BackfillState::Failed && known.requested_by.is_none() => {
                    let again = Backfill { state: BackfillState::Running, reason: None, ..known };
                    self.run(cache, guild, again);
                }
                Some(_) => {}
                None => {
                    if let Err(error) = self.begin(cache, guild, channel, None).await {
                        tracing::warn!(%channel, %error, "the history of a channel is not read yet");
                    }
                }
            }
        }
    }

    fn run(&self, cache: &Arc<Cache>, guild: GuildId, backfill: Backfill) {
        let Some(channel) = backfill.channel_id.0.parse().ok().filter(|id| *id != 0).map(ChannelId::new) else {
            return;
        };
        let (cancelled, ended) = (CancellationToken::new(), CancellationToken::new());
        {
            let mut running = self.running();
            // Whoever looks for what runs in a guild that the bot was taken from finds this, or the guild is gone here.
            if running.contains_key(&channel) || cache.guild(guild).is_none() {
                return;
            }
            running.insert(channel, Running { guild, cancelled: cancelled.clone(), ended: ended.clone() });
        }
        let mut job = Job {
            rest: self.rest.clone(),
            bus: self.bus.clone(),
            settings: self.settings.clone(),
            cache: cache.clone(),
            active: self.active.clone(),
            guild,
            report: Report::of(&backfill, self.rest.clone()),
            backfill,
            cancelled: cancelled.clone(),
        };
        let (all, turns, stop) = (self.clone(), self.turns.clone(), self.stop.clone());
        self.at_work.spawn(async move {
            let reading = async {
                // It is closed by nobody. What is stopped before its turn is over at once.
                let _turn = cancelled.run_until_cancelled(turns.acquire()).await;
                job.run(channel).await;
            };
            // A process that ends leaves it as it stands: the next one goes on.
            let is_over = stop.run_until_cancelled(reading).await.is_some();
            all.running().remove(&channel);
            ended.cancel();
            if is_over {
                stop.run_until_cancelled(job.report.show(&job.backfill)).await;
            }
        });
    }

    fn running(&self) -> MutexGuard<'_, HashMap<ChannelId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
