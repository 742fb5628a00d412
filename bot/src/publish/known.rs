//! Which messages of each channel are stored: the ids of the newest hundred, written to `bot-settings` about once a
//! minute and when the process ends. After a time away, a channel is compared with them to find edits and deletions.

use crate::discord::ids::EventId;
use parking_lot::Mutex;
use rtfm_shared::{
    event::{ChannelRecent, MessageEvent, SettingsEvent},
    settings::Settings,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Ids kept of each channel.
const MOST: usize = 100;
/// Between two writes of a channel's ids: they are long.
const STORE_EVERY: Duration = Duration::from_secs(60);

/// Every channel's stored messages. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownMessages {
    channels: Arc<Mutex<HashMap<u64, KnownIds>>>,
}

#[derive(Debug, Default)]
struct KnownIds {
    guild: Option<u64>,
    ids: BTreeSet<u64>,
    /// Deleted before the stored ids were read.
    deleted: BTreeSet<u64>,
    /// Whether the stored ids are read, or do not count.
    is_loaded: bool,
    is_changed: bool,
    stored: Option<Instant>,
}

impl KnownIds {
    fn add(&mut self, id: u64) {
        self.is_changed |= self.ids.insert(id);
        if self.ids.len() > MOST {
            self.ids.pop_first();
        }
    }

    fn remove(&mut self, id: u64) {
        self.is_changed |= self.ids.remove(&id);
        if !self.is_loaded {
            self.deleted.insert(id);
        }
    }

    fn forget(&mut self) {
        self.ids.clear();
        self.deleted.clear();
        self.is_loaded = true;
        self.is_changed = true;
    }

    /// Reads what was stored before this process began.
    fn load(&mut self, channel: u64, settings: &Settings) {
        if self.is_loaded || !settings.is_ready() {
            return;
        }
        self.is_loaded = true;
        let deleted = std::mem::take(&mut self.deleted);
        if let Some(stored) = settings.recent(&channel.into()) {
            self.guild = self.guild.or(stored.guild_id.as_ref().and_then(EventId::number));
            self.ids.extend(stored.message_ids.iter().filter_map(EventId::number).filter(|id| !deleted.contains(id)));
            while self.ids.len() > MOST {
                self.ids.pop_first();
            }
            self.is_changed |= !deleted.is_empty();
        }
    }
}

impl KnownMessages {
    /// An event is published.
    pub(super) fn published(&self, event: &MessageEvent) {
        let mut channels = self.channels.lock();
        match event {
            MessageEvent::Created(message) => {
                // Direct messages are not compared.
                let guild = message.guild_id.as_ref().and_then(EventId::number);
                let (Some(channel), Some(id), Some(guild)) =
                    (message.channel_id.number(), message.message_id.number(), guild)
                else {
                    return;
                };
                let known = channels.entry(channel).or_default();
                known.guild = Some(guild);
                known.add(id);
            }
            MessageEvent::Deleted(deleted) => {
                let Some(channel) = deleted.channel_id.number() else { return };
                let known = channels.entry(channel).or_default();
                deleted.ids().filter_map(EventId::number).for_each(|id| known.remove(id));
            }
            MessageEvent::ChannelDeleted(deleted) => {
                let Some(channel) = deleted.channel_id.number() else { return };
                channels.entry(channel).or_default().forget();
            }
            _ => {}
        }
    }

    /// The messages of a channel are removed.
    pub(super) fn forget(&self, channel: u64) {
        self.channels.lock().entry(channel).or_default().forget();
    }

    /// The stored messages of a channel, as far as they are known.
    pub(crate) fn of(&self, channel: u64, settings: &Settings) -> BTreeSet<u64> {
        let mut channels = self.channels.lock();
        let known = channels.entry(channel).or_default();
        known.load(channel, settings);
        known.ids.clone()
    }

    /// The channels of a guild with known messages, the one with the newest first.
    pub(crate) fn in_guild(&self, guild: u64, settings: &Settings) -> Vec<u64> {
        let stored: Vec<u64> =
            settings.channels_with_recent(&guild.into()).iter().filter_map(EventId::number).collect();
        let mut channels = self.channels.lock();
        for channel in stored {
            channels.entry(channel).or_default().load(channel, settings);
        }
        let here = channels.iter().filter(|(_, known)| known.guild == Some(guild));
        let mut newest: Vec<(u64, u64)> = here.filter_map(|(id, known)| Some((*known.ids.last()?, *id))).collect();
        newest.sort_unstable_by(|a, b| b.cmp(a));
        newest.into_iter().map(|(_, channel)| channel).collect()
    }

    /// What is to be written now: all channels that changed, or those whose turn it is.
    pub(super) fn changes(&self, settings: &Settings, all: bool) -> Vec<SettingsEvent> {
        // What was stored before is not known yet and must not be overwritten.
        if !settings.is_ready() {
            return Vec::new();
        }
        let (now, mut changes) = (Instant::now(), Vec::new());
        for (id, known) in self.channels.lock().iter_mut().filter(|(_, known)| known.is_changed) {
            if !all && known.stored.is_some_and(|stored| now.saturating_duration_since(stored) < STORE_EVERY) {
                continue;
            }
            known.load(*id, settings);
            (known.stored, known.is_changed) = (Some(now), false);
            changes.push(SettingsEvent::Recent(ChannelRecent {
                channel_id: (*id).into(),
                guild_id: known.guild.map(Into::into),
                message_ids: known.ids.iter().map(|id| (*id).into()).collect(),
                changed_at: jiff::Timestamp::now(),
            }));
        }
        changes
    }

    /// These could not be stored.
    pub(super) fn store_failed(&self, changes: &[SettingsEvent]) {
        let mut channels = self.channels.lock();
        for event in changes {
            if let SettingsEvent::Recent(recent) = event
                && let Some(known) = recent.channel_id.number().and_then(|id| channels.get_mut(&id))
            {
                known.is_changed = true;
            }
        }
    }
}
