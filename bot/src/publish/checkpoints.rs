//! Channel checkpoints: the newest message of each channel that is published, stored on `bot-settings` every few
//! seconds. A bot that dies is behind by those seconds, and reads them twice, which changes nothing.
//!
//! A question counts only when it is published as a query, so one whose bot died in between is asked again.

use super::{SOURCE, known::KnownMessages};
use crate::discord::{
    ids::{self, EventId},
    model::{Cache, GuildId},
};
use parking_lot::Mutex;
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
const STORE_EVERY: Duration = Duration::from_secs(10);

/// Every channel's checkpoint. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checkpoints {
    channels: Arc<Mutex<HashMap<u64, Checkpoint>>>,
    /// The messages that are stored.
    pub(crate) known: KnownMessages,
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
    stored: u64,
    /// Questions being asked and gaps being filled, each with its count.
    held: BTreeMap<u64, usize>,
    /// The first and the last message that could not be published.
    lost: Option<(u64, u64)>,
    /// Whether later messages are left out, too, until those that are lost are fetched: so none overtakes another.
    is_behind: bool,
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

    /// The same without the gaps being filled, which have their own guard.
    fn received(&self) -> u64 {
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
        self.is_behind &= self.lost.is_some();
    }

    fn lose(&mut self, message: u64) {
        let (first, last) = self.lost.unwrap_or((message, message));
        self.lost = Some((first.min(message), last.max(message)));
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
        let mut channels = self.checkpoints.channels.lock();
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
        self.advance(message.guild_id.as_ref().and_then(EventId::number), channel, id);
    }

    /// Moves the checkpoint: everything in a channel up to this message is published, or not to be.
    pub(crate) fn advance(&self, guild: Option<u64>, channel: u64, message: u64) {
        self.change(guild, channel, |known| known.newest = known.newest.max(message));
    }

    /// A channel is a public thread of another.
    pub(crate) fn thread(&self, guild: u64, thread: u64, parent: u64) {
        self.change(Some(guild), thread, |known| known.public_thread_of = Some(parent));
    }

    /// A message is not published: the next gap includes it, and the later messages of its channel until then.
    pub(super) fn lost(&self, guild: Option<u64>, channel: u64, message: u64) {
        self.change(guild, channel, |known| {
            known.lose(message);
            // Only guilds have gaps.
            known.is_behind = known.guild.is_some();
        });
    }

    /// Leaves a message out if earlier ones of its channel are yet to be fetched; returns whether it did.
    pub(super) fn lost_if_behind(&self, channel: u64, message: u64) -> bool {
        let mut channels = self.channels.lock();
        let Some(known) = channels.get_mut(&channel).filter(|known| known.is_behind) else { return false };
        known.lose(message);
        true
    }

    /// The newest message of a channel that is yet to be fetched; zero if there is none.
    pub(crate) fn newest_lost(&self, channel: u64) -> u64 {
        self.channels.lock().get(&channel).and_then(|known| known.lost).map_or(0, |(_, newest)| newest)
    }

    /// A channel cannot be fetched: its later messages are published nevertheless.
    pub(crate) fn release(&self, channel: u64) {
        if let Some(known) = self.channels.lock().get_mut(&channel) {
            known.is_behind = false;
        }
    }

    /// The same for all channels of a guild but these.
    pub(crate) fn release_except(&self, guild: u64, fetched: &BTreeSet<u64>) {
        let mut channels = self.channels.lock();
        let others = channels.iter_mut().filter(|(id, known)| known.guild == Some(guild) && !fetched.contains(id));
        others.for_each(|(_, known)| known.is_behind = false);
    }

    /// The guilds with messages that were not published.
    pub(crate) fn with_losses(&self) -> BTreeSet<u64> {
        self.channels
            .lock()
            .values()
            .filter(|channel| channel.lost.is_some())
            .filter_map(|channel| channel.guild)
            .collect()
    }

    /// A gap up to this message is filled; returns whether later messages were left out meanwhile.
    pub(crate) fn filled(&self, guild: u64, channel: u64, last: u64) -> bool {
        self.advance(Some(guild), channel, last);
        self.channels.lock().get_mut(&channel).is_some_and(|known| {
            known.found(last);
            known.is_behind
        })
    }

    /// Holds the checkpoint back before a message.
    pub(crate) fn hold(&self, channel: u64, message: u64) -> PendingGuard {
        *self.channels.lock().entry(channel).or_default().held.entry(message).or_default() += 1;
        PendingGuard { checkpoints: self.clone(), channel, message }
    }

    /// Holds the checkpoint back where it is while a gap is filled.
    pub(crate) fn hold_all(&self, channel: u64) -> PendingGuard {
        self.hold(channel, ALL)
    }

    /// How far this process has received a channel.
    pub(crate) fn of(&self, channel: u64) -> Option<u64> {
        self.channels.lock().get(&channel).map(Checkpoint::received).filter(|received| *received > 0)
    }

    /// The newest message of a channel that this process published; zero before the first.
    pub(crate) fn newest(&self, channel: u64) -> u64 {
        self.channels.lock().get(&channel).map_or(0, |channel| channel.newest)
    }

    /// Whether a channel is hidden from the bot, as far as is known.
    pub(crate) fn is_hidden(&self, channel: u64, settings: &Settings) -> bool {
        let known = self.channels.lock().get(&channel).and_then(|channel| channel.hidden);
        known.unwrap_or_else(|| settings.seen(&channel.into()).is_some_and(|seen| seen.shut_out))
    }

    /// A channel is hidden from the bot.
    pub(crate) fn hidden(&self, guild: u64, channel: u64) {
        self.change(Some(guild), channel, |known| known.set_hidden(true));
    }

    /// A channel is visible again; messages up to here are not for the bot.
    pub(crate) fn reopened(&self, guild: u64, channel: u64, last: u64) {
        self.change(Some(guild), channel, |known| {
            known.set_hidden(false);
            known.skip(last);
        });
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
        self.change(Some(guild), channel, |known| known.skip(last));
    }

    /// Messages of a channel up to here are not to be read.
    pub(crate) fn skipped(&self, channel: u64) -> u64 {
        self.channels.lock().get(&channel).map_or(0, |channel| channel.skipped)
    }

    /// Stores the checkpoints every few seconds.
    pub(crate) async fn run(&self, settings: &Settings, stop: &CancellationToken) {
        let mut ticks = interval(STORE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.store(settings, false).await;
        }
    }

    /// Stores what changed since the last time; with `all` also what is written less often.
    pub(crate) async fn store(&self, settings: &Settings, all: bool) {
        let _turn = self.writing.lock().await;
        let mut changes = self.changes(settings);
        changes.extend(self.known.changes(settings, all));
        if changes.is_empty() {
            return;
        }
        if let Err(error) = settings.publish_all(changes.clone(), SOURCE).await {
            tracing::debug!(%error, "failed to store channel checkpoints, keeping them for the next time");
            self.known.store_failed(&changes);
            self.store_failed(&changes);
        }
    }

    /// Stores at once that channels were hidden or became visible.
    pub(crate) async fn store_hidden(&self, settings: &Settings) {
        let is_changed = self.channels.lock().values().any(|channel| channel.hidden_changed);
        if is_changed {
            self.store(settings, false).await;
        }
    }

    /// Changes a channel, of this guild if that is known.
    fn change(&self, guild: Option<u64>, channel: u64, change: impl FnOnce(&mut Checkpoint)) {
        let mut channels = self.channels.lock();
        let known = channels.entry(channel).or_default();
        known.guild = guild.or(known.guild);
        change(known);
    }

    fn changes(&self, settings: &Settings) -> Vec<SettingsEvent> {
        let (now, mut changes) = (jiff::Timestamp::now(), Vec::new());
        for (id, channel) in self.channels.lock().iter_mut() {
            let done = channel.done();
            if done <= channel.stored && !channel.hidden_changed {
                continue;
            }
            let stored = settings.seen(&(*id).into());
            let shut_out = channel.hidden.unwrap_or_else(|| stored.as_ref().is_some_and(|stored| stored.shut_out));
            // In a channel without a checkpoint every message comes after the channel's own id.
            let before = stored.and_then(|stored| stored.message_id.number()).unwrap_or(*id);
            let message = if done > channel.stored { done } else { channel.stored.max(before) };
            (channel.stored, channel.hidden_changed) = (channel.stored.max(done), false);
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
    fn store_failed(&self, changes: &[SettingsEvent]) {
        let mut channels = self.channels.lock();
        for event in changes {
            if let SettingsEvent::Seen(seen) = event
                && let Some(channel) = seen.channel_id.number().and_then(|id| channels.get_mut(&id))
            {
                channel.stored = 0;
                channel.hidden_changed = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_counts_when_it_is_passed_on() {
        let checkpoints = Checkpoints::default();
        let done = |checkpoints: &Checkpoints| checkpoints.channels.lock()[&1].done();
        checkpoints.advance(Some(7), 1, 10);
        assert_eq!((done(&checkpoints), checkpoints.of(1), checkpoints.of(2)), (10, Some(10), None));
        let first = checkpoints.hold(1, 11);
        let (second, again) = (checkpoints.hold(1, 13), checkpoints.hold(1, 13));
        checkpoints.advance(Some(7), 1, 15);
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
        checkpoints.advance(Some(7), 1, 22);
        assert_eq!((done(&checkpoints), checkpoints.with_losses().len()), (20, 1), "one was lost while it was fetched");
        checkpoints.filled(7, 1, 22);
        assert_eq!((done(&checkpoints), checkpoints.with_losses().len()), (22, 0));
        drop(checkpoints.hold(1, 18));
        assert_eq!(done(&checkpoints), 17, "what was given up is for the next process");
        checkpoints.advance(None, 1, 3);
        assert_eq!(done(&checkpoints), 17, "what is older changes nothing");
        checkpoints.reopened(7, 1, 30);
        assert_eq!((done(&checkpoints), checkpoints.skipped(1)), (30, 30), "whatever is held");
    }
}
