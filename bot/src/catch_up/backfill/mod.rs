//! Backfill: reads a channel's history from before the bot came, with its threads. How far it has come is stored on
//! `bot-settings` page by page, so the next bot continues there ([`job`]); people see it in the channel where it was
//! asked for ([`report`]).

mod job;
mod report;

use super::HistoryReader;
use crate::{
    discord::{
        channels,
        ids::{EventId, ToEventId},
        model::{Cache, ChannelId, GuildId, MessageId, UserId},
    },
    gateway::ContentAccess,
    publish::SOURCE,
    tasks::Tasks,
};
use jiff::Timestamp;
use job::BackfillJob;
pub(crate) use job::closed;
use parking_lot::Mutex;
use report::ProgressReport;
use rtfm_shared::{
    bus::Bus,
    event::{Backfill, BackfillState, SettingsEvent},
    settings::{Settings, SettingsError},
};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Channels that are read at once; all others wait.
const AT_ONCE: usize = 2;

/// All readings of this process.
#[derive(Clone)]
pub(crate) struct Backfills {
    reader: HistoryReader,
    bus: Arc<dyn Bus>,
    settings: Settings,
    tasks: Tasks,
    content: ContentAccess,
    turns: Arc<Semaphore>,
    running: Arc<Mutex<HashMap<ChannelId, Running>>>,
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
pub(crate) struct BackfillRequest {
    pub(crate) by: UserId,
    /// The channel and the message that show it.
    pub(crate) report: Option<(ChannelId, MessageId)>,
}

impl Backfills {
    /// None is running yet.
    pub(crate) fn new(
        reader: HistoryReader,
        bus: Arc<dyn Bus>,
        settings: Settings,
        tasks: Tasks,
        content: ContentAccess,
    ) -> Self {
        let (turns, running) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::default());
        Self { reader, bus, settings, tasks, content, turns, running }
    }

    /// Whether the bot may read message content; without it there is nothing to backfill.
    pub(crate) fn is_possible(&self) -> bool {
        self.content.is_readable()
    }

    /// Whether a channel is being read by this process.
    pub(crate) fn reads(&self, channel: ChannelId) -> bool {
        self.running.lock().contains_key(&channel)
    }

    /// Begins to read a channel from its newest message on, or does nothing where it is being read.
    pub(crate) async fn start(
        &self,
        cache: &Arc<Cache>,
        guild: GuildId,
        channel: ChannelId,
        asked: Option<BackfillRequest>,
    ) -> Result<bool, SettingsError> {
        if self.reads(channel) {
            return Ok(false);
        }
        let now = Timestamp::now();
        let report = asked.and_then(|asked| asked.report);
        let backfill = Backfill {
            channel_id: channel.event_id(),
            guild_id: guild.event_id(),
            changed_at: now,
            requested_by: asked.map(|asked| asked.by.event_id()),
            began_at: Some(now),
            report_channel_id: report.map(|(channel, _)| channel.event_id()),
            report_message_id: report.map(|(_, message)| message.event_id()),
            ..Backfill::default()
        };
        match self.settings.decide(SettingsEvent::Backfill(backfill.clone()), SOURCE).await {
            // It is stored, and read back later.
            Ok(()) | Err(SettingsError::NotYetVisible) => {}
            Err(error) => return Err(error),
        }
        self.run(cache, guild, backfill);
        Ok(true)
    }

    /// Ends the reading of a channel; whether there was one.
    pub(crate) fn cancel(&self, channel: ChannelId) -> bool {
        self.running.lock().get(&channel).inspect(|running| running.cancelled.cancel()).is_some()
    }

    /// Ends every reading in a guild; when this returns, nothing of it is published any more. Nothing more is begun
    /// there unless the bot is in it.
    pub(crate) async fn end_in(&self, guild: GuildId) {
        let ended: Vec<CancellationToken> = {
            let running = self.running.lock();
            let there = running.values().filter(|running| running.guild == guild);
            there.inspect(|running| running.cancelled.cancel()).map(|running| running.ended.clone()).collect()
        };
        for ended in ended {
            ended.cancelled().await;
        }
    }

    /// Goes on with what was being read in a guild when a bot ended, and begins where the guild wants the history of
    /// every channel.
    pub(crate) async fn resume(&self, cache: &Arc<Cache>, guild: GuildId) {
        if !self.is_possible() {
            return;
        }
        self.settings.ready().await;
        // Backfills from before the bot was removed from the guild do not count: their messages were removed, too.
        let joined = cache.guild(guild).map(|guild| guild.joined_at.unix_timestamp());
        let still = |backfill: &Backfill| backfill.began_at.map(Timestamp::as_second) >= joined;
        let ours = |backfill: &Backfill| backfill.guild_id == guild.event_id() && still(backfill);
        let known: Vec<Backfill> = self.settings.backfills().into_iter().filter(ours).collect();
        for backfill in known {
            if backfill.state == BackfillState::Running && backfill.part_of.is_none() {
                self.run(cache, guild, backfill);
            }
        }
        if !self.settings.guild(&guild.event_id()).backfill_new_channels {
            return;
        }
        let Ok(me) = self.reader.rest().me().await else { return };
        let all = channels::access(cache, guild, me).map_or_else(Vec::new, |(all, _)| all);
        // Threads are read with their channels.
        for channel in all.into_iter().filter(|one| !one.is_thread && one.may_read).map(|one| one.id) {
            match self.settings.backfill(&channel.event_id()).filter(&still) {
                // The bot may have got access since it failed.
                Some(known) if known.state == BackfillState::Failed && known.requested_by.is_none() => {
                    let again = Backfill { state: BackfillState::Running, reason: None, ..known };
                    self.run(cache, guild, again);
                }
                Some(_) => {}
                None => {
                    if let Err(error) = self.start(cache, guild, channel, None).await {
                        tracing::warn!(%channel, %error, "failed to start a backfill");
                    }
                }
            }
        }
    }

    fn run(&self, cache: &Arc<Cache>, guild: GuildId, backfill: Backfill) {
        let Some(channel) = backfill.channel_id.discord_id() else { return };
        let (cancelled, ended) = (CancellationToken::new(), CancellationToken::new());
        {
            let mut running = self.running.lock();
            // When the bot leaves the guild, either the backfill is found here and cancelled, or the cache lacks the
            // guild.
            if running.contains_key(&channel) || cache.guild(guild).is_none() {
                return;
            }
            running.insert(channel, Running { guild, cancelled: cancelled.clone(), ended: ended.clone() });
        }
        let mut job = BackfillJob {
            reader: self.reader.clone(),
            bus: self.bus.clone(),
            settings: self.settings.clone(),
            cache: cache.clone(),
            guild,
            report: ProgressReport::of(&backfill),
            backfill,
            cancelled: cancelled.clone(),
        };
        let (all, turns, stop) = (self.clone(), self.turns.clone(), self.tasks.stop().clone());
        self.tasks.spawn(async move {
            let reading = async {
                // The semaphore is never closed. A backfill that is cancelled before its turn ends at once.
                let _turn = cancelled.run_until_cancelled(turns.acquire()).await;
                job.run(channel).await;
            };
            // A process that ends leaves its progress as stored; the next one continues.
            let is_over = stop.run_until_cancelled(reading).await.is_some();
            all.running.lock().remove(&channel);
            ended.cancel();
            if is_over {
                stop.run_until_cancelled(job.show()).await;
            }
        });
    }
}
