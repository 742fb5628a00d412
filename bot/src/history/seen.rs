//! How far each channel has been heard: the newest message that is published, noted on `bot-settings` every few
//! seconds. A bot that dies is behind by those seconds, and hears them twice, which changes nothing.
//!
//! A question counts as heard only when it has been passed on, so that one whose bot died in between is asked again.

use rtfm_shared::{
    event::{ChannelSeen, MessageEvent, SettingsEvent},
    settings::Settings,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often it is noted what was heard.
const NOTED: Duration = Duration::from_secs(10);

/// What this process has heard. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    channels: Arc<Mutex<HashMap<u64, Channel>>>,
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
}

impl Channel {
    /// Everything up to here is done with.
    fn done(&self) -> u64 {
        let first = self.held.keys().next().copied().into_iter().chain(self.lost).min();
        first.map_or(self.newest, |first| self.newest.min(first.saturating_sub(1)))
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

    /// A message could not be published: the next look for gaps fetches it.
    pub(crate) fn lost(&self, channel: u64, message: u64) {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.lost = Some(known.lost.map_or(message, |lost| lost.min(message)));
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

    /// How far a channel has been heard by this process.
    pub(crate) fn of(&self, channel: u64) -> Option<u64> {
        self.lock().get(&channel).map(Channel::done).filter(|done| *done > 0)
    }

    /// Notes what was heard now and then, and once more at the end.
    pub(crate) async fn keep(&self, settings: &Settings, stop: &CancellationToken) {
        let mut ticks = interval(NOTED);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.note(settings).await;
        }
    }

    /// Notes what was heard since the last time.
    pub(crate) async fn note(&self, settings: &Settings) {
        let now = jiff::Timestamp::now();
        let news: Vec<ChannelSeen> = {
            let channels = self.lock();
            let news = channels.iter().filter(|(_, channel)| channel.done() > channel.noted);
            let seen = |(id, channel): (&u64, &Channel)| ChannelSeen {
                channel_id: (*id).into(),
                guild_id: channel.guild.map(Into::into),
                message_id: channel.done().into(),
                public_thread_of: channel.public_thread_of.map(Into::into),
                changed_at: now,
            };
            news.map(seen).collect()
        };
        if news.is_empty() {
            return;
        }
        let event = |seen: &ChannelSeen| {
            // What was known of it stays noted when it was not heard again, as of a thread that is archived.
            let noted = seen.guild_id.as_ref().and_then(|guild| settings.public_thread_of(guild, &seen.channel_id));
            let public_thread_of = seen.public_thread_of.clone().or(noted);
            SettingsEvent::Seen(ChannelSeen { public_thread_of, ..seen.clone() })
        };
        match settings.note(news.iter().map(event).collect(), crate::publish::SOURCE).await {
            Ok(()) => {
                let mut channels = self.lock();
                for seen in news {
                    let id = seen.channel_id.0.parse().unwrap_or_default();
                    if let (Some(channel), Some(message)) = (channels.get_mut(&id), seen.message_id.snowflake()) {
                        channel.noted = channel.noted.max(message);
                    }
                }
            }
            // The next time notes these, too.
            Err(error) => tracing::debug!(%error, "how far channels have been heard is not noted yet"),
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
        seen.lost(1, 14);
        assert_eq!((done(&seen), seen.of(1)), (13, Some(13)), "it is fetched again");
        seen.filled(7, 1, 20);
        assert_eq!(done(&seen), 20);
        drop(seen.hold(1, 18));
        assert_eq!(done(&seen), 17, "what was given up is for the next process");
        seen.heard(None, 1, 3);
        assert_eq!(done(&seen), 17, "what is older changes nothing");
    }
}
