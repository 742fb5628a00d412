//! Which messages of each channel are remembered: the ids of the newest hundred, noted on `bot-settings` about once a
//! minute and when the process ends. They are what a channel is compared with after a time in which nobody listened
//! ([`super::compare`]).

use rtfm_shared::{
    event::{ChannelRecent, MessageEvent, SettingsEvent},
    settings::Settings,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// So many of each channel.
pub(super) const MOST: usize = 100;
/// How often they are noted: seldom, for they are long.
const NOTED: Duration = Duration::from_secs(60);

/// What this process knows of it. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recents {
    channels: Arc<Mutex<HashMap<u64, Channel>>>,
}

#[derive(Debug, Default)]
struct Channel {
    guild: Option<u64>,
    ids: BTreeSet<u64>,
    /// What went since the noted ids were taken in.
    gone: BTreeSet<u64>,
    /// Whether the noted ids are among these, or do not count.
    is_whole: bool,
    is_changed: bool,
    noted: Option<Instant>,
}

impl Channel {
    fn add(&mut self, id: u64) {
        self.is_changed |= self.ids.insert(id);
        if self.ids.len() > MOST {
            self.ids.pop_first();
        }
    }

    fn remove(&mut self, id: u64) {
        self.is_changed |= self.ids.remove(&id);
        if !self.is_whole {
            self.gone.insert(id);
        }
    }

    fn forget(&mut self) {
        self.ids.clear();
        self.gone.clear();
        self.is_whole = true;
        self.is_changed = true;
    }

    /// Takes in what was noted before this process began.
    fn whole(&mut self, channel: u64, settings: &Settings) {
        if self.is_whole || !settings.is_ready() {
            return;
        }
        self.is_whole = true;
        let gone = std::mem::take(&mut self.gone);
        if let Some(noted) = settings.recent(&channel.into()) {
            self.guild = self.guild.or(noted.guild_id.and_then(|guild| guild.0.parse().ok()));
            self.ids.extend(noted.message_ids.iter().filter_map(|id| id.snowflake()).filter(|id| !gone.contains(id)));
            while self.ids.len() > MOST {
                self.ids.pop_first();
            }
            self.is_changed |= !gone.is_empty();
        }
    }
}

impl Recents {
    /// An event is published.
    pub(super) fn published(&self, event: &MessageEvent) {
        let mut channels = self.lock();
        match event {
            MessageEvent::Created(message) => {
                // A direct conversation is not compared.
                let guild = message.guild_id.as_ref().and_then(|guild| guild.0.parse().ok());
                let (Ok(channel), Some(id), Some(guild)) =
                    (message.channel_id.0.parse(), message.message_id.snowflake(), guild)
                else {
                    return;
                };
                let known: &mut Channel = channels.entry(channel).or_default();
                known.guild = Some(guild);
                known.add(id);
            }
            MessageEvent::Deleted(gone) => {
                let Ok(channel) = gone.channel_id.0.parse() else { return };
                let known: &mut Channel = channels.entry(channel).or_default();
                gone.ids().filter_map(|id| id.snowflake()).for_each(|id| known.remove(id));
            }
            MessageEvent::ChannelDeleted(gone) => {
                let Ok(channel) = gone.channel_id.0.parse() else { return };
                channels.entry(channel).or_default().forget();
            }
            _ => {}
        }
    }

    /// Nothing that was said in a channel so far is remembered any more.
    pub(super) fn forget(&self, channel: u64) {
        self.lock().entry(channel).or_default().forget();
    }

    /// The remembered messages of a channel, as far as they are known.
    pub(super) fn of(&self, channel: u64, settings: &Settings) -> BTreeSet<u64> {
        let mut channels = self.lock();
        let known = channels.entry(channel).or_default();
        known.whole(channel, settings);
        known.ids.clone()
    }

    /// The channels of a guild of which some are known, the one with the newest first.
    pub(super) fn in_guild(&self, guild: u64, settings: &Settings) -> Vec<u64> {
        let noted: Vec<u64> =
            settings.recents_in(&guild.into()).iter().filter_map(|channel| channel.0.parse().ok()).collect();
        let mut channels = self.lock();
        for channel in noted {
            channels.entry(channel).or_default().whole(channel, settings);
        }
        let here = channels.iter().filter(|(_, known)| known.guild == Some(guild));
        let mut newest: Vec<(u64, u64)> = here.filter_map(|(id, known)| Some((*known.ids.last()?, *id))).collect();
        newest.sort_unstable_by(|a, b| b.cmp(a));
        newest.into_iter().map(|(_, channel)| channel).collect()
    }

    /// What is to be noted now: of channels that changed, all of them or those whose turn it is.
    pub(super) fn news(&self, settings: &Settings, all: bool) -> Vec<SettingsEvent> {
        // What was noted before is not known yet, and must not be noted over.
        if !settings.is_ready() {
            return Vec::new();
        }
        let (now, mut news) = (Instant::now(), Vec::new());
        for (id, known) in self.lock().iter_mut().filter(|(_, known)| known.is_changed) {
            if !all && known.noted.is_some_and(|noted| now.saturating_duration_since(noted) < NOTED) {
                continue;
            }
            known.whole(*id, settings);
            (known.noted, known.is_changed) = (Some(now), false);
            news.push(SettingsEvent::Recent(ChannelRecent {
                channel_id: (*id).into(),
                guild_id: known.guild.map(Into::into),
                message_ids: known.ids.iter().map(|id| (*id).into()).collect(),
                changed_at: jiff::Timestamp::now(),
            }));
        }
        news
    }

    /// These could not be noted: they are to be noted again.
    pub(super) fn not_noted(&self, news: &[SettingsEvent]) {
        let mut channels = self.lock();
        for event in news {
            if let SettingsEvent::Recent(recent) = event
                && let Some(known) = recent.channel_id.0.parse().ok().and_then(|id: u64| channels.get_mut(&id))
            {
                known.is_changed = true;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
