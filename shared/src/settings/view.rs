//! The newest record of each key of `bot-settings`.

use crate::event::{
    AuthorLeft, AuthorPrivacy, Backfill, ChannelId, ChannelRecent, ChannelSeen, ChatMessage, GuildId, GuildMembership,
    GuildSettings, SettingsEvent, UserId,
};
use jiff::Timestamp;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The current settings. Later records replace earlier ones in the order of the topic, whatever their clocks say.
#[derive(Debug, Default)]
pub(super) struct SettingsView {
    guilds: HashMap<GuildId, Arc<GuildSettings>>,
    authors: HashMap<UserId, AuthorPrivacy>,
    backfills: HashMap<ChannelId, Backfill>,
    seen: HashMap<ChannelId, ChannelSeen>,
    /// The newest message in `seen` of each guild.
    heard: HashMap<GuildId, u64>,
    recent: HashMap<ChannelId, RecentIds>,
    memberships: HashMap<GuildId, GuildMembership>,
    /// Leavers in the order of the topic.
    left: Vec<Arc<AuthorLeft>>,
    /// When people last left, by guild.
    leavers: HashMap<GuildId, HashMap<UserId, Timestamp>>,
    /// The public threads of each guild with their channels. A thread's channel never changes, so a later record
    /// without it removes nothing.
    threads: HashMap<GuildId, HashMap<ChannelId, ChannelId>>,
}

/// The ids of a channel's recent messages, as numbers to save memory.
#[derive(Debug)]
struct RecentIds {
    guild: Option<GuildId>,
    ids: Box<[u64]>,
    changed_at: Timestamp,
}

impl SettingsView {
    pub(super) fn apply(&mut self, event: SettingsEvent) {
        match event {
            SettingsEvent::Guild(guild) => {
                self.guilds.insert(guild.guild_id.clone(), Arc::new(guild));
            }
            SettingsEvent::Privacy(author) => {
                self.authors.insert(author.user_id.clone(), author);
            }
            SettingsEvent::Backfill(backfill) => {
                self.thread(Some(&backfill.guild_id), &backfill.channel_id, backfill.public_thread_of.as_ref());
                self.backfills.insert(backfill.channel_id.clone(), backfill);
            }
            SettingsEvent::Seen(seen) => {
                if let (Some(guild), Some(id)) = (&seen.guild_id, seen.message_id.snowflake()) {
                    let newest = self.heard.entry(guild.clone()).or_default();
                    *newest = id.max(*newest);
                }
                self.thread(seen.guild_id.as_ref(), &seen.channel_id, seen.public_thread_of.as_ref());
                self.seen.insert(seen.channel_id.clone(), seen);
            }
            SettingsEvent::Recent(recent) if recent.message_ids.is_empty() => {
                self.recent.remove(&recent.channel_id);
            }
            SettingsEvent::Recent(recent) => {
                let ids = recent.message_ids.iter().filter_map(|id| id.snowflake()).collect();
                let (guild, changed_at) = (recent.guild_id, recent.changed_at);
                self.recent.insert(recent.channel_id, RecentIds { guild, ids, changed_at });
            }
            SettingsEvent::Membership(membership) => {
                self.memberships.insert(membership.guild_id.clone(), membership);
            }
            SettingsEvent::Left(left) => {
                let of_guild = self.leavers.entry(left.guild_id.clone()).or_default();
                of_guild.insert(left.user_id.clone(), left.left_at);
                self.left.push(Arc::new(left));
            }
        }
    }

    fn thread(&mut self, guild: Option<&GuildId>, thread: &ChannelId, parent: Option<&ChannelId>) {
        if let (Some(guild), Some(parent)) = (guild, parent) {
            self.threads.entry(guild.clone()).or_default().insert(thread.clone(), parent.clone());
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
        chosen
            && self.authors.get(&message.user_id).is_none_or(|author| author.allows(message.timestamp))
            && self.left_at(message).is_none_or(|left| message.timestamp > left)
    }

    /// When the message's author left its guild, if that forgets leavers.
    fn left_at(&self, message: &ChatMessage) -> Option<Timestamp> {
        self.leavers.get(message.guild_id.as_ref()?)?.get(&message.user_id).copied()
    }

    pub(super) fn leavers(&self, after: usize) -> Vec<Arc<AuthorLeft>> {
        self.left.get(after..).unwrap_or_default().to_vec()
    }

    pub(super) fn membership(&self, guild: &GuildId) -> Option<GuildMembership> {
        self.memberships.get(guild).cloned()
    }

    /// Guilds recorded as joined, and guilds with other records but none of a membership.
    pub(super) fn joined(&self) -> Vec<GuildMembership> {
        let spoken_of = self.guilds.keys().chain(self.backfills.values().map(|read| &read.guild_id));
        let spoken_of: BTreeSet<&GuildId> = spoken_of.chain(self.heard.keys()).collect();
        let never_noted = spoken_of.into_iter().filter(|guild| !self.memberships.contains_key(guild));
        let never_noted = never_noted.map(|guild| GuildMembership {
            guild_id: guild.clone(),
            is_member: true,
            ..GuildMembership::default()
        });
        self.memberships.values().filter(|noted| noted.is_member).cloned().chain(never_noted).collect()
    }

    pub(super) fn public_threads(&self, guild: &GuildId) -> HashMap<ChannelId, ChannelId> {
        self.threads.get(guild).cloned().unwrap_or_default()
    }

    pub(super) fn public_thread_of(&self, guild: &GuildId, thread: &ChannelId) -> Option<ChannelId> {
        self.threads.get(guild)?.get(thread).cloned()
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

    pub(super) fn channels_with_recent(&self, guild: &GuildId) -> Vec<ChannelId> {
        let here = self.recent.iter().filter(|(_, recent)| recent.guild.as_ref() == Some(guild));
        here.map(|(channel, _)| channel.clone()).collect()
    }

    pub(super) fn newest_published(&self, guild: &GuildId) -> Option<u64> {
        self.heard.get(guild).copied()
    }
}
