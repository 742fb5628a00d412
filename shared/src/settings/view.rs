//! The newest record of each key.

use crate::event::{
    AuthorPrivacy, Backfill, ChannelId, ChannelRecent, ChannelSeen, ChatMessage, GuildId, GuildSettings, SettingsEvent,
    UserId,
};
use std::{collections::HashMap, sync::Arc};

/// What holds now. Later records replace earlier ones as the topic has them, whatever their clocks say.
#[derive(Debug, Default)]
pub(super) struct View {
    guilds: HashMap<GuildId, Arc<GuildSettings>>,
    authors: HashMap<UserId, AuthorPrivacy>,
    backfills: HashMap<ChannelId, Backfill>,
    seen: HashMap<ChannelId, ChannelSeen>,
    /// The newest message of each guild among them.
    heard: HashMap<GuildId, u64>,
    recent: HashMap<ChannelId, Recent>,
}

/// The ids of a channel's recent messages, as numbers: there are many.
#[derive(Debug)]
struct Recent {
    guild: Option<GuildId>,
    ids: Box<[u64]>,
    changed_at: jiff::Timestamp,
}

impl View {
    pub(super) fn apply(&mut self, event: SettingsEvent) {
        match event {
            SettingsEvent::Guild(guild) => {
                self.guilds.insert(guild.guild_id.clone(), Arc::new(guild));
            }
            SettingsEvent::Privacy(author) => {
                self.authors.insert(author.user_id.clone(), author);
            }
            SettingsEvent::Backfill(backfill) => {
                self.backfills.insert(backfill.channel_id.clone(), backfill);
            }
            SettingsEvent::Seen(seen) => {
                if let (Some(guild), Some(id)) = (&seen.guild_id, seen.message_id.snowflake()) {
                    let newest = self.heard.entry(guild.clone()).or_default();
                    *newest = id.max(*newest);
                }
                self.seen.insert(seen.channel_id.clone(), seen);
            }
            SettingsEvent::Recent(recent) if recent.message_ids.is_empty() => {
                self.recent.remove(&recent.channel_id);
            }
            SettingsEvent::Recent(recent) => {
                let ids = recent.message_ids.iter().filter_map(|id| id.snowflake()).collect();
                let (guild, changed_at) = (recent.guild_id, recent.changed_at);
                self.recent.insert(recent.channel_id, Recent { guild, ids, changed_at });
            }
        }
    }

    pub(super) fn guild(&self, guild: &GuildId) -> Arc<GuildSettings> {
        let never = || Arc::new(GuildSettings { guild_id: guild.clone(), ..GuildSettings::default() });
        self.guilds.get(guild).cloned().unwrap_or_else(never)
    }

    pub(super) fn guilds(&self) -> Vec<Arc<GuildSettings>> {
        self.guilds.values().cloned().collect()
    }

    pub(super) fn privacy(&self, user: &UserId) -> AuthorPrivacy {
        let never = || AuthorPrivacy { user_id: user.clone(), ..AuthorPrivacy::default() };
        self.authors.get(user).cloned().unwrap_or_else(never)
    }

    pub(super) fn authors(&self) -> Vec<AuthorPrivacy> {
        self.authors.values().cloned().collect()
    }

    pub(super) fn may_remember(&self, message: &ChatMessage) -> bool {
        let guild = message.guild_id.as_ref().and_then(|guild| self.guilds.get(guild));
        let chosen =
            guild.is_none_or(|guild| guild.remembered.includes(&message.channel_id, message.parent_id.as_ref()));
        chosen && self.authors.get(&message.user_id).is_none_or(|author| author.allows(message.timestamp))
    }

    pub(super) fn backfill(&self, channel: &ChannelId) -> Option<Backfill> {
        self.backfills.get(channel).cloned()
    }

    pub(super) fn backfills(&self) -> Vec<Backfill> {
        self.backfills.values().cloned().collect()
    }

    pub(super) fn seen(&self, channel: &ChannelId) -> Option<ChannelSeen> {
        self.seen.get(channel).cloned()
    }

    pub(super) fn recent(&self, channel: &ChannelId) -> Option<ChannelRecent> {
        self.recent.get(channel).map(|recent| ChannelRecent {
            channel_id: channel.clone(),
            guild_id: recent.guild.clone(),
            message_ids: recent.ids.iter().map(|id| (*id).into()).collect(),
            changed_at: recent.changed_at,
        })
    }

    pub(super) fn recents_in(&self, guild: &GuildId) -> Vec<ChannelId> {
        let here = self.recent.iter().filter(|(_, recent)| recent.guild.as_ref() == Some(guild));
        here.map(|(channel, _)| channel.clone()).collect()
    }

    pub(super) fn last_heard(&self, guild: &GuildId) -> Option<u64> {
        self.heard.get(guild).copied()
    }
}
