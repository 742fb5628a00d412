//! Channel checkpoints: the newest message of each channel that is published, stored on `bot-settings` every few
//! seconds. A bot that dies is behind by those seconds, and reads them twice, which changes nothing.
//!
//! A question counts only when it is published as a query, so one whose bot died in between is asked again.

use super::{SOURCE, known::KnownMessages};
use crate::discord::{
    ids::{self, EventId},
    model::{Cache, GuildId},
};
use parking_lot::{Mutex, MutexGuard};
use rtfm_shared::{
    event::{self, ChannelRule, ChannelSeen, MessageEvent, SettingsEvent},
    settings::Settings,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Holds everything back while a gap is being filled.
const ALL: u64 = 1;
/// Between two writes of the checkpoints.
const NOTED: Duration = Duration::from_secs(10);

/// Every channel's checkpoint. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checkpoints {
    channels: Arc<Mutex<HashMap<u64, Checkpoint>>>,
    known: KnownMessages,
    /// One write at a time, so that the last one is the latest.
    writing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Checkpoint {
    guild: Option<u64>,
    /// The channel of a public thread.
    public_thread_of: Option<u64>,
    /// The newest published message.
    newest: u64,
    /// What was stored last.
    noted: u64,
    /// Questions being asked and gaps being filled, each with its count.
    held: BTreeMap<u64, usize>,
    /// The first and the last message that could not be published.
    lost: Option<(u64, u64)>,
    /// Messages up to here are not to be read.
    skipped: u64,
    /// Whether the channel is hidden from the bot; none while that is as stored.
    hidden: Option<bool>,
    /// Whether `hidden` is to be stored.
    hidden_changed: bool,
}

impl Checkpoint {
    /// Everything up to here is done.
    fn done(&self) -> u64 {
        self.before(self.held.keys().next())
    }

    /// The same without the gaps being filled, which keep account of themselves.
    fn heard(&self) -> u64 {
        self.before(self.held.keys().find(|held| **held != ALL))
    }

    fn before(&self, held: Option<&u64>) -> u64 {
        let first = held.copied().into_iter().chain(self.lost.map(|(first, _)| first)).min();
        first.map_or(self.newest, |first| self.newest.min(first.saturating_sub(1))).max(self.skipped)
    }

    fn set_hidden(&mut self, hidden: bool) {
        self.hidden_changed |= self.hidden.replace(hidden) != Some(hidden);
    }

    fn skip(&mut self, last: u64) {
        self.skipped = self.skipped.max(last);
        self.newest = self.newest.max(last);
        self.found(last);
    }

    /// Nothing up to here is lost. What was lost meanwhile comes after it.
    fn found(&mut self, last: u64) {
        let rest = self.lost.filter(|(_, newest)| *newest > last);
        self.lost = rest.map(|(first, newest)| (first.max(last.saturating_add(1)), newest));
    }
}

/// Holds a checkpoint back before a message until it is done. A guard that is dropped instead, as when the process
/// ends, holds on: the next process reads the message again.
#[derive(Debug)]
#[must_use]
pub(crate) struct PendingGuard {
    checkpoints: Checkpoints,
    channel: u64,
    message: u64,
}

impl PendingGuard {
    pub(crate) fn done(self) {
        let mut channels = self.checkpoints.lock();
        let Some(channel) = channels.get_mut(&self.channel) else { return };
        if let Some(count) = channel.held.get_mut(&self.message) {
            *count -= 1;
            if *count == 0 {
                channel.held.remove(&self.message);
            }
        }
    }
}

impl Checkpoints {
    /// An event is published.
    pub(super) fn published(&self, event: &MessageEvent) {
        self.known.published(event);
        let MessageEvent::Created(message) = event else { return };
        let (Some(channel), Some(id)) = (message.channel_id.number(), message.message_id.number()) else { return };
        self.heard(message.guild_id.as_ref().and_then(EventId::number), channel, id);
    }

    /// Everything in a channel up to this message is taken in.
    pub(crate) fn heard(&self, guild: Option<u64>, channel: u64, message: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = guild.or(known.guild);
        known.newest = known.newest.max(message);
    }

    /// A channel is a public thread of another.
    pub(crate) fn thread(&self, guild: u64, thread: u64, parent: u64) {
        let mut channels = self.lock();
        let known = channels.entry(thread).or_default();
        (known.guild, known.public_thread_of) = (Some(guild), Some(parent));
    }

    /// A message is not published: the next gap includes it.
    pub(crate) fn lost(&self, guild: Option<u64>, channel: u64, message: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = guild.or(known.guild);
        let (first, last) = known.lost.unwrap_or((message, message));
        known.lost = Some((first.min(message), last.max(message)));
    }

    /// The guilds with messages that were not published.
    pub(crate) fn with_losses(&self) -> BTreeSet<u64> {
        self.lock().values().filter(|channel| channel.lost.is_some()).filter_map(|channel| channel.guild).collect()
    }

    /// A gap up to this message is filled.
    pub(crate) fn filled(&self, guild: u64, channel: u64, last: u64) {
        self.heard(Some(guild), channel, last);
        if let Some(known) = self.lock().get_mut(&channel) {
            known.found(last);
        }
    }

    /// Holds the checkpoint back before a message.
    pub(crate) fn hold(&self, channel: u64, message: u64) -> PendingGuard {
        *self.lock().entry(channel).or_default().held.entry(message).or_default() += 1;
        PendingGuard { checkpoints: self.clone(), channel, message }
    }

    /// Holds the checkpoint back where it is while a gap is filled.
    pub(crate) fn hold_all(&self, channel: u64) -> PendingGuard {
        self.hold(channel, ALL)
    }

    /// How far this process has taken a channel in.
    pub(crate) fn of(&self, channel: u64) -> Option<u64> {
        self.lock().get(&channel).map(Checkpoint::heard).filter(|heard| *heard > 0)
    }

    /// The newest message of a channel that this process published; zero before the first.
    pub(crate) fn newest(&self, channel: u64) -> u64 {
        self.lock().get(&channel).map_or(0, |channel| channel.newest)
    }

    /// The messages that are stored.
    pub(crate) fn known(&self) -> &KnownMessages {
        &self.known
    }

    /// Whether a channel is hidden from the bot, as far as is known.
    pub(crate) fn is_hidden(&self, channel: u64, settings: &Settings) -> bool {
        let known = self.lock().get(&channel).and_then(|channel| channel.hidden);
        known.unwrap_or_else(|| settings.seen(&channel.into()).is_some_and(|seen| seen.shut_out))
    }

    /// A channel is hidden from the bot.
    pub(crate) fn hidden(&self, guild: u64, channel: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = Some(guild);
        known.set_hidden(true);
    }

    /// A channel is visible again; messages up to here are not for the bot.
    pub(crate) fn reopened(&self, guild: u64, channel: u64, last: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = Some(guild);
        known.set_hidden(false);
        known.skip(last);
    }

    /// A guild changes which channels it wants remembered: messages so far in those that it left out before are never
    /// read, not as missed ones either. Returns whether there are such channels.
    pub(crate) fn remember_from_now(
        &self,
        cache: &Cache,
        guild: GuildId,
        before: &ChannelRule,
        after: &ChannelRule,
    ) -> bool {
        let (now, mut any) = (ids::now(), false);
        let Some(known) = cache.guild(guild) else { return false };
        for channel in known.channels.values().chain(&known.threads) {
            let id = event::ChannelId::from(channel.id.get());
            let parent = channel.thread_metadata.and(channel.parent_id).map(|id| event::ChannelId::from(id.get()));
            if !before.includes(&id, parent.as_ref()) && after.includes(&id, parent.as_ref()) {
                self.skip(guild.get(), channel.id.get(), now);
                any = true;
            }
        }
        any
    }

    /// Messages of a channel up to here are not to be read, and those that were stored no longer are.
    fn skip(&self, guild: u64, channel: u64, last: u64) {
        self.known.forget(channel);
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = Some(guild);
        known.skip(last);
    }

    /// Messages of a channel up to here are not to be read.
    pub(crate) fn skipped(&self, channel: u64) -> u64 {
        self.lock().get(&channel).map_or(0, |channel| channel.skipped)
    }

    /// Stores the checkpoints every few seconds.
    pub(crate) async fn keep(&self, settings: &Settings, stop: &CancellationToken) {
        let mut ticks = interval(NOTED);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.note(settings, false).await;
        }
    }

    /// Stores what changed since the last time; with `all` also what is written less often.
    pub(crate) async fn note(&self, settings: &Settings, all: bool) {
        let _turn = self.writing.lock().await;
        let mut changes = self.changes(settings);
        changes.extend(self.known.changes(settings, all));
        if changes.is_empty() {
            return;
        }
        if let Err(error) = settings.publish_all(changes.clone(), SOURCE).await {
            tracing::debug!(%error, "failed to store channel checkpoints, keeping them for the next time");
            self.known.not_noted(&changes);
            self.not_noted(&changes);
        }
    }

    /// Stores at once that channels were hidden or became visible.
    pub(crate) async fn note_hidden(&self, settings: &Settings) {
        let is_changed = self.lock().values().any(|channel| channel.hidden_changed);
        if is_changed {
            self.note(settings, false).await;
        }
    }

    fn changes(&self, settings: &Settings) -> Vec<SettingsEvent> {
        let (now, mut changes) = (jiff::Timestamp::now(), Vec::new());
        for (id, channel) in self.lock().iter_mut() {
            let done = channel.done();
            if done <= channel.noted && !channel.hidden_changed {
                continue;
            }
            let noted = settings.seen(&(*id).into());
            let shut_out = channel.hidden.unwrap_or_else(|| noted.as_ref().is_some_and(|noted| noted.shut_out));
            // In a channel without a checkpoint every message comes after the channel's own id.
            let before = noted.and_then(|noted| noted.message_id.number()).unwrap_or(*id);
            let message = if done > channel.noted { done } else { channel.noted.max(before) };
            (channel.noted, channel.hidden_changed) = (channel.noted.max(done), false);
            // A thread that this process has not met, as an archived one, keeps its stored channel.
            let known = || settings.public_thread_of(&channel.guild?.into(), &(*id).into());
            let public_thread_of = channel.public_thread_of.map(Into::into).or_else(known);
            changes.push(SettingsEvent::Seen(ChannelSeen {
                channel_id: (*id).into(),
                guild_id: channel.guild.map(Into::into),
                message_id: message.into(),
                shut_out,
                public_thread_of,
                changed_at: now,
            }));
        }
        changes
    }

    /// These could not be stored.
    fn not_noted(&self, changes: &[SettingsEvent]) {
        let mut channels = self.lock();
        for event in changes {
            if let SettingsEvent::Seen(seen) = event
                && let Some(channel) = seen.channel_id.number().and_then(|id| channels.get_mut(&id))
            {
                channel.noted = 0;
                channel.hidden_changed = true;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Checkpoint>> {
        self.channels.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_counts_when_it_is_passed_on() {
        let checkpoints = Checkpoints::default();
        let done = |checkpoints: &Checkpoints| checkpoints.lock()[&1].done();
        checkpoints.heard(Some(7), 1, 10);
        assert_eq!((done(&checkpoints), checkpoints.of(1), checkpoints.of(2)), (10, Some(10), None));
        let first = checkpoints.hold(1, 11);
        let (second, again) = (checkpoints.hold(1, 13), checkpoints.hold(1, 13));
        checkpoints.heard(Some(7), 1, 15);
        assert_eq!(done(&checkpoints), 10);
        first.done();
        assert_eq!(done(&checkpoints), 12);
        second.done();
        assert_eq!(done(&checkpoints), 12, "it was told twice");
        again.done();
        assert_eq!(done(&checkpoints), 15);
        checkpoints.lost(Some(7), 1, 14);
        assert_eq!((done(&checkpoints), checkpoints.of(1)), (13, Some(13)), "it is fetched again");
        let gap = checkpoints.hold_all(1);
        assert_eq!((done(&checkpoints), checkpoints.of(1)), (0, Some(13)), "it is fetched, and not noted meanwhile");
        gap.done();
        assert_eq!(checkpoints.with_losses(), BTreeSet::from([7]));
        checkpoints.lost(Some(7), 1, 21);
        checkpoints.filled(7, 1, 20);
        checkpoints.heard(Some(7), 1, 22);
        assert_eq!((done(&checkpoints), checkpoints.with_losses().len()), (20, 1), "one was lost while it was fetched");
        checkpoints.filled(7, 1, 22);
        assert_eq!((done(&checkpoints), checkpoints.with_losses().len()), (22, 0));
        drop(checkpoints.hold(1, 18));
        assert_eq!(done(&checkpoints), 17, "what was given up is for the next process");
        checkpoints.heard(None, 1, 3);
        assert_eq!(done(&checkpoints), 17, "what is older changes nothing");
        checkpoints.reopened(7, 1, 30);
        assert_eq!((done(&checkpoints), checkpoints.skipped(1)), (30, 30), "whatever is held");
    }
}
