//! How far each channel has been heard: the newest message that is published, noted on `bot-settings` every few
//! seconds. A bot that dies is behind by those seconds, and hears them twice, which changes nothing.
//!
//! A question counts as heard only when it has been passed on, so that one whose bot died in between is asked again.

use super::recents::Recents;
use rtfm_shared::{
    event::{ChannelSeen, MessageEvent, SettingsEvent},
    settings::Settings,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// What is held while a gap is being filled: everything.
const ALL: u64 = 1;
/// How often it is noted what was heard.
const NOTED: Duration = Duration::from_secs(10);

/// What this process has heard. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    channels: Arc<Mutex<HashMap<u64, Channel>>>,
    recents: Recents,
    /// One after the other, so that the last word is the latest.
    noting: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Channel {
    guild: Option<u64>,
    /// The channel on which it hangs, if it is a public thread.
    public_thread_of: Option<u64>,
    /// The newest message that is published.
    newest: u64,
    /// What was noted last.
    noted: u64,
    /// Questions that are being taken and gaps that are being filled, and how often.
    held: BTreeMap<u64, usize>,
    /// The first message that could not be published.
    lost: Option<u64>,
    /// What was said up to here is not to be read.
    skipped: u64,
    /// Whether the bot is shut out; none while it is as it was noted.
    shut: Option<bool>,
    /// Whether that is to be noted.
    shut_is_news: bool,
}

impl Channel {
    /// Everything up to here is done with.
    fn done(&self) -> u64 {
        self.before(self.held.keys().next())
    }

    /// The same as if gaps that are being filled were filled, which they see to themselves.
    fn heard(&self) -> u64 {
        self.before(self.held.keys().find(|held| **held != ALL))
    }

    fn before(&self, held: Option<&u64>) -> u64 {
        let first = held.copied().into_iter().chain(self.lost).min();
        first.map_or(self.newest, |first| self.newest.min(first.saturating_sub(1))).max(self.skipped)
    }

    fn set_shut(&mut self, shut: bool) {
        self.shut_is_news |= self.shut.replace(shut) != Some(shut);
    }

    /// Nothing up to here is to be read.
    fn skip(&mut self, last: u64) {
        self.skipped = self.skipped.max(last);
        self.newest = self.newest.max(last);
        self.lost = self.lost.filter(|lost| *lost > last);
    }
}

/// Until it is done, a message does not count as heard, nor does what comes after it. One that is dropped instead, as
/// when the process ends, holds on: the next process hears it again.
#[derive(Debug)]
#[must_use]
pub(crate) struct Hold {
    seen: Seen,
    channel: u64,
    message: u64,
}

impl Hold {
    /// It has been heard.
    pub(crate) fn done(self) {
        let mut channels = self.seen.lock();
        let Some(channel) = channels.get_mut(&self.channel) else { return };
        if let Some(count) = channel.held.get_mut(&self.message) {
            *count -= 1;
            if *count == 0 {
                channel.held.remove(&self.message);
            }
        }
    }
}

impl Seen {
    /// An event is published.
    pub(crate) fn published(&self, event: &MessageEvent) {
        self.recents.published(event);
        let MessageEvent::Created(message) = event else { return };
        let (Ok(channel), Some(id)) = (message.channel_id.0.parse(), message.message_id.snowflake()) else { return };
        let guild = message.guild_id.as_ref().and_then(|guild| guild.0.parse().ok());
        self.heard(guild, channel, id);
    }

    /// Everything in a channel up to this message has been heard.
    pub(crate) fn heard(&self, guild: Option<u64>, channel: u64, message: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = guild.or(known.guild);
        known.newest = known.newest.max(message);
    }

    /// A place is a public thread of this channel.
    pub(crate) fn thread(&self, guild: u64, thread: u64, parent: u64) {
        let mut channels = self.lock();
        let known = channels.entry(thread).or_default();
        (known.guild, known.public_thread_of) = (Some(guild), Some(parent));
    }

    /// A message is not published: the next look for gaps fetches it.
    pub(crate) fn lost(&self, guild: Option<u64>, channel: u64, message: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = guild.or(known.guild);
        known.lost = Some(known.lost.map_or(message, |lost| lost.min(message)));
    }

    /// The guilds in which messages are to be fetched because they were not published.
    pub(crate) fn with_losses(&self) -> BTreeSet<u64> {
        self.lock().values().filter(|channel| channel.lost.is_some()).filter_map(|channel| channel.guild).collect()
    }

    /// A gap up to this message is filled.
    pub(crate) fn filled(&self, guild: u64, channel: u64, last: u64) {
        self.heard(Some(guild), channel, last);
        if let Some(known) = self.lock().get_mut(&channel) {
            known.lost = known.lost.filter(|lost| *lost > last);
        }
    }

    /// Something begins that must be done before this message counts as heard.
    pub(crate) fn hold(&self, channel: u64, message: u64) -> Hold {
        *self.lock().entry(channel).or_default().held.entry(message).or_default() += 1;
        Hold { seen: self.clone(), channel, message }
    }

    /// A gap begins to be filled: until it is, nothing in the channel is done with.
    pub(crate) fn hold_all(&self, channel: u64) -> Hold {
        self.hold(channel, ALL)
    }

    /// How far a channel has been heard by this process.
    pub(crate) fn of(&self, channel: u64) -> Option<u64> {
        self.lock().get(&channel).map(Channel::heard).filter(|heard| *heard > 0)
    }

    /// The newest message of a channel that this process published, whatever is still to be done.
    pub(super) fn newest(&self, channel: u64) -> u64 {
        self.lock().get(&channel).map_or(0, |channel| channel.newest)
    }

    /// The messages that are remembered.
    pub(super) fn recents(&self) -> &Recents {
        &self.recents
    }

    /// Whether the bot is shut out of a channel, as far as is known.
    pub(super) fn is_shut(&self, channel: u64, settings: &Settings) -> bool {
        let known = self.lock().get(&channel).and_then(|channel| channel.shut);
        known.unwrap_or_else(|| settings.seen(&channel.into()).is_some_and(|seen| seen.shut_out))
    }

    /// The bot is shut out of a channel.
    pub(super) fn shut(&self, guild: u64, channel: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = Some(guild);
        known.set_shut(true);
    }

    /// The bot is let into a channel again: what was said up to here is not for it.
    pub(super) fn reopened(&self, guild: u64, channel: u64, last: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = Some(guild);
        known.set_shut(false);
        known.skip(last);
    }

    /// What was said in a channel up to here is not to be read, and what was remembered of it is not any more.
    pub(super) fn pass_over(&self, guild: u64, channel: u64, last: u64) {
        self.recents.forget(channel);
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.guild = Some(guild);
        known.skip(last);
    }

    /// What was said in a channel up to here is not to be read.
    pub(crate) fn skipped(&self, channel: u64) -> u64 {
        self.lock().get(&channel).map_or(0, |channel| channel.skipped)
    }

    /// Notes what was heard now and then, and once more at the end.
    pub(crate) async fn keep(&self, settings: &Settings, stop: &CancellationToken) {
        let mut ticks = interval(NOTED);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.note(settings, false).await;
        }
    }

    /// Notes what was heard since the last time; what is noted more seldom, too, if it is to be all.
    pub(crate) async fn note(&self, settings: &Settings, all: bool) {
        let _turn = self.noting.lock().await;
        let mut news = self.news(settings);
        news.extend(self.recents.news(settings, all));
        if news.is_empty() {
            return;
        }
        if let Err(error) = settings.note(news.clone(), crate::publish::SOURCE).await {
            // The next time notes these, too.
            tracing::debug!(%error, "how far channels have been heard is not noted yet");
            self.recents.not_noted(&news);
            self.not_noted(&news);
        }
    }

    /// Notes at once when the bot is shut out of a channel, or let in again.
    pub(crate) async fn note_shut(&self, settings: &Settings) {
        let is_news = self.lock().values().any(|channel| channel.shut_is_news);
        if is_news {
            self.note(settings, false).await;
        }
    }

    fn news(&self, settings: &Settings) -> Vec<SettingsEvent> {
        let (now, mut news) = (jiff::Timestamp::now(), Vec::new());
        for (id, channel) in self.lock().iter_mut() {
            let done = channel.done();
            if done <= channel.noted && !channel.shut_is_news {
                continue;
            }
            let noted = settings.seen(&(*id).into());
            let shut_out = channel.shut.unwrap_or_else(|| noted.as_ref().is_some_and(|noted| noted.shut_out));
            // Where nothing was heard yet, everything comes after the channel itself.
            let before = noted.and_then(|noted| noted.message_id.snowflake()).unwrap_or(*id);
            let message = if done > channel.noted { done } else { channel.noted.max(before) };
            (channel.noted, channel.shut_is_news) = (channel.noted.max(done), false);
            // What was known of it stays noted when it was not heard again, as of a thread that is archived.
            let known = || settings.public_thread_of(&channel.guild?.into(), &(*id).into());
            let public_thread_of = channel.public_thread_of.map(Into::into).or_else(known);
            news.push(SettingsEvent::Seen(ChannelSeen {
                channel_id: (*id).into(),
                guild_id: channel.guild.map(Into::into),
                message_id: message.into(),
                shut_out,
                public_thread_of,
                changed_at: now,
            }));
        }
        news
    }

    /// These could not be noted: they are to be noted again.
    fn not_noted(&self, news: &[SettingsEvent]) {
        let mut channels = self.lock();
        for event in news {
            if let SettingsEvent::Seen(seen) = event
                && let Some(channel) = seen.channel_id.0.parse().ok().and_then(|id: u64| channels.get_mut(&id))
            {
                channel.noted = 0;
                channel.shut_is_news = true;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_counts_when_it_is_passed_on() {
        let seen = Seen::default();
        let done = |seen: &Seen| seen.lock()[&1].done();
        seen.heard(Some(7), 1, 10);
        assert_eq!((done(&seen), seen.of(1), seen.of(2)), (10, Some(10), None));
        let first = seen.hold(1, 11);
        let (second, again) = (seen.hold(1, 13), seen.hold(1, 13));
        seen.heard(Some(7), 1, 15);
        assert_eq!(done(&seen), 10);
        first.done();
        assert_eq!(done(&seen), 12);
        second.done();
        assert_eq!(done(&seen), 12, "it was told twice");
        again.done();
        assert_eq!(done(&seen), 15);
        seen.lost(Some(7), 1, 14);
        assert_eq!((done(&seen), seen.of(1)), (13, Some(13)), "it is fetched again");
        let gap = seen.hold_all(1);
        assert_eq!((done(&seen), seen.of(1)), (0, Some(13)), "it is fetched, and not noted meanwhile");
        gap.done();
        assert_eq!(seen.with_losses(), BTreeSet::from([7]));
        seen.filled(7, 1, 20);
        assert_eq!((done(&seen), seen.with_losses().len()), (20, 0));
        drop(seen.hold(1, 18));
        assert_eq!(done(&seen), 17, "what was given up is for the next process");
        seen.heard(None, 1, 3);
        assert_eq!(done(&seen), 17, "what is older changes nothing");
        seen.reopened(7, 1, 30);
        assert_eq!((done(&seen), seen.skipped(1)), (30, 30), "whatever is held");
    }
}
