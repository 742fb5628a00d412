//! The wire form of users, roles, members, channels and guilds.

use serde_json::{Value, json};
use serenity::all::{ChannelType, GuildId, UserId};

use super::clock::iso;
use super::snowflake::timestamp_ms;
use super::{Channel, Guild, Member, Place, Role, World};

impl World {
    /// A user object.
    pub(crate) fn user_json(&self, user: UserId) -> Value {
        let account = self.account(user);
        json!({
            "id": account.id, "username": account.name, "global_name": account.global_name,
            "discriminator": "0", "avatar": null, "bot": account.bot, "system": false,
            "public_flags": 0, "flags": 0, "banner": null, "accent_color": null,
            "avatar_decoration_data": null, "collectibles": null, "primary_guild": null, "clan": null,
        })
    }

    /// The bot about itself.
    pub(crate) fn current_user_json(&self) -> Value {
        let mut user = self.user_json(self.bot);
        merge(
            &mut user,
            json!({"mfa_enabled": true, "locale": "en-US", "verified": true, "email": null, "premium_type": 0}),
        );
        user
    }

    /// A member object with its user.
    pub(crate) fn member_json(&self, member: &Member) -> Value {
        let mut value = self.partial_member_json(member);
        merge(&mut value, json!({"user": self.user_json(member.user)}));
        value
    }

    /// A member object without its user, as messages carry it.
    pub(crate) fn partial_member_json(&self, member: &Member) -> Value {
        json!({
            "nick": member.nick, "avatar": null, "banner": null, "roles": member.roles,
            "joined_at": iso(member.joined_ms), "premium_since": null, "deaf": false, "mute": false,
            "flags": 0, "pending": false, "communication_disabled_until": null,
        })
    }

    /// A channel object of any kind.
    pub(crate) fn channel_json(&self, channel: &Channel) -> Value {
        let last = self.messages.get(&channel.id).and_then(|messages| messages.keys().next_back());
        match channel.place {
            Place::Direct(recipient) => json!({
                "id": channel.id, "type": channel.kind, "last_message_id": last, "flags": 0,
                "recipients": [self.user_json(recipient)],
            }),
            Place::Guild(guild) => self.guild_channel_json(channel, guild, json!(last)),
        }
    }

    fn guild_channel_json(&self, channel: &Channel, guild: GuildId, last: Value) -> Value {
        let mut value = json!({
            "id": channel.id, "type": channel.kind, "guild_id": guild, "name": channel.name,
            "parent_id": channel.parent, "last_message_id": last, "rate_limit_per_user": 0, "flags": 0,
        });
        let Some(thread) = &channel.thread else {
            merge(
                &mut value,
                json!({
                    "topic": channel.topic, "position": channel.position, "nsfw": channel.age_restricted,
                    "permission_overwrites": channel.overwrites,
                }),
            );
            return value;
        };
        let messages = self.messages.get(&channel.id).map_or(0, |messages| messages.len());
        let mut metadata = json!({
            "archived": thread.archived, "locked": thread.locked,
            "auto_archive_duration": thread.auto_archive_minutes,
            "archive_timestamp": iso(thread.archived_ms), "create_timestamp": iso(thread.created_ms),
        });
        if channel.kind == ChannelType::PrivateThread {
            merge(&mut metadata, json!({"invitable": true}));
        }
        merge(
            &mut value,
            json!({
                "owner_id": thread.owner, "thread_metadata": metadata, "message_count": messages,
                "total_message_sent": messages, "member_count": thread.members.len().min(50),
            }),
        );
        if let Some(joined) = thread.members.get(&self.bot) {
            let member = json!({"id": channel.id, "user_id": self.bot, "join_timestamp": iso(*joined), "flags": 0});
            merge(&mut value, json!({"member": member}));
        }
        value
    }

    /// A guild as REST shows it: without its channels and members.
    pub(crate) fn guild_json(&self, guild: &Guild) -> Value {
        json!({
            "id": guild.id, "name": guild.name, "icon": null, "icon_hash": null, "splash": null,
            "discovery_splash": null, "home_header": null, "description": null, "banner": null,
            "owner_id": guild.owner, "region": "deprecated", "afk_channel_id": null, "afk_timeout": 300,
            "widget_enabled": false, "widget_channel_id": null, "verification_level": 1,
            "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
            "roles": guild.roles.values().map(role_json).collect::<Vec<_>>(),
            "emojis": [], "stickers": [], "features": [], "application_id": null,
            "system_channel_id": null, "system_channel_flags": 0, "rules_channel_id": null,
            "public_updates_channel_id": null, "safety_alerts_channel_id": null,
            "max_presences": null, "max_members": 500_000, "max_video_channel_users": 25,
            "max_stage_video_channel_users": 50, "vanity_url_code": null, "premium_tier": 0,
            "premium_subscription_count": 0, "preferred_locale": "en-US", "nsfw": false, "nsfw_level": 0,
            "premium_progress_bar_enabled": false, "incidents_data": null,
        })
    }

    /// A guild as GUILD_CREATE shows it. Without the presences intent the only member in it is the
    /// bot, whatever the guild's size: who needs the others asks for them (op 8).
    pub(crate) fn guild_create_json(&self, guild: &Guild, with_members: bool) -> Value {
        let here = |channel: &&Channel| channel.guild() == Some(guild.id);
        let channels = self.channels.values().filter(here).filter(|channel| !channel.is_thread());
        let threads = self.channels.values().filter(here).filter(|channel| {
            let live = channel.thread.as_ref().is_some_and(|thread| !thread.archived);
            live && !self.permissions(self.bot, channel.id).is_empty()
        });
        let members = guild.members.values().filter(|member| with_members || member.user == self.bot);
        let joined = guild.members.get(&self.bot).map_or(0, |member| member.joined_ms);
        let mut value = self.guild_json(guild);
        merge(
            &mut value,
            json!({
                "joined_at": iso(joined), "large": guild.members.len() > 250, "unavailable": false,
                "member_count": guild.members.len(), "voice_states": [], "presences": [],
                "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
                "channels": channels.map(|channel| self.channel_json(channel)).collect::<Vec<_>>(),
                "threads": threads.map(|thread| self.channel_json(thread)).collect::<Vec<_>>(),
                "members": members.map(|member| self.member_json(member)).collect::<Vec<_>>(),
            }),
        );
        value
    }
}

/// A role object.
pub(crate) fn role_json(role: &Role) -> Value {
    let mut value = json!({
        "id": role.id, "name": role.name, "description": null, "permissions": role.permissions,
        "position": role.position, "color": 0,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        "hoist": false, "managed": role.bot.is_some(), "mentionable": false, "icon": null,
        "unicode_emoji": null, "flags": 0,
    });
    if let Some(bot) = role.bot {
        merge(&mut value, json!({"tags": {"bot_id": bot}}));
    }
    value
}

/// When the thing with this id was made.
pub(crate) fn made_at(id: u64) -> String {
    iso(timestamp_ms(id))
}

/// Adds the fields of one object to another.
pub(crate) fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
