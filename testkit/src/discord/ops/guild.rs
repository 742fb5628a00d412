//! Changes of a guild: channels, roles, members, outages, and the bot's membership.

use serde_json::{Value, json};
use serenity::all::{ChannelId, ChannelType, GatewayIntents as Intents, GuildId, PermissionOverwrite, RoleId, UserId};

use super::threads;
use crate::discord::state::State;
use crate::discord::world::render::{merge, role_json};
use crate::discord::world::{Channel, Member, Place};

/// Adds a channel and announces it.
pub(crate) fn add_channel(
    state: &mut State,
    guild: GuildId,
    kind: ChannelType,
    name: &str,
    parent: Option<ChannelId>,
) -> ChannelId {
    let id = ChannelId::new(state.world.clock.id());
    let siblings = state.world.channels.values().filter(|channel| channel.guild() == Some(guild)).count();
    // A new channel begins with its category's overwrites.
    let overwrites = parent.and_then(|parent| state.world.channel(parent)).map(|parent| parent.overwrites.clone());
    let channel = Channel {
        parent,
        overwrites: overwrites.unwrap_or_default(),
        position: u16::try_from(siblings).unwrap_or(u16::MAX),
        ..Channel::new(id, kind, Place::Guild(guild), name)
    };
    state.world.channels.insert(id, channel);
    announce_channel(state, "CHANNEL_CREATE", id);
    id
}

/// Announces a channel's current state. Bots receive it for every channel of a guild, visible or not.
pub(crate) fn announce_channel(state: &mut State, event: &str, id: ChannelId) {
    let Some(channel) = state.world.channel(id) else { return };
    if channel.is_thread() {
        threads::announce(state, event, id, false);
        return;
    }
    let (guild, data) = (channel.guild(), state.world.channel_json(channel));
    state.emit(event, guild, Intents::GUILDS, &data);
}

/// Sets one overwrite of a channel.
pub(crate) fn overwrite(state: &mut State, id: ChannelId, overwrite: PermissionOverwrite) {
    let saw = state.bot_sees(id);
    let Some(channel) = state.world.channels.get_mut(&id) else { return };
    channel.overwrites.retain(|known| known.kind != overwrite.kind);
    if !(overwrite.allow.is_empty() && overwrite.deny.is_empty()) {
        channel.overwrites.push(overwrite);
    }
    announce_channel(state, "CHANNEL_UPDATE", id);
    if !saw && state.bot_sees(id) {
        sync_threads(state, id);
    }
}

/// A user who gains a channel receives its active threads.
fn sync_threads(state: &mut State, parent: ChannelId) {
    let Some(guild) = state.world.channel(parent).and_then(|channel| channel.guild()) else { return };
    let threads = state.world.channels.values().filter(|channel| channel.parent == Some(parent));
    let threads = threads.filter(|channel| channel.thread.as_ref().is_some_and(|thread| !thread.archived));
    let threads: Vec<Value> =
        threads.filter(|thread| state.bot_sees(thread.id)).map(|thread| state.world.channel_json(thread)).collect();
    let data = json!({"guild_id": guild, "channel_ids": [parent], "threads": threads, "members": []});
    state.emit("THREAD_LIST_SYNC", Some(guild), Intents::GUILDS, &data);
}

/// Deletes a channel or thread with its contents.
pub(crate) fn remove_channel(state: &mut State, id: ChannelId) {
    let Some(channel) = state.world.channel(id).cloned() else { return };
    let guild = channel.guild();
    let children = state.world.channels.values().filter(|child| child.parent == Some(id) && child.is_thread());
    let children: Vec<ChannelId> = children.map(|child| child.id).collect();
    let (event, data, visible) = if channel.is_thread() {
        let data = json!({"id": id, "guild_id": guild, "parent_id": channel.parent, "type": channel.kind});
        ("THREAD_DELETE", data, state.bot_sees(id))
    } else {
        ("CHANNEL_DELETE", state.world.channel_json(&channel), true)
    };
    // Discord deletes a channel's threads without events for them.
    for gone in children.into_iter().chain([id]) {
        state.world.channels.remove(&gone);
        state.world.messages.remove(&gone);
    }
    if visible {
        state.emit(event, guild, Intents::GUILDS, &data);
    }
}

/// Announces a role's current state.
pub(crate) fn announce_role(state: &mut State, event: &str, guild: GuildId, role: RoleId) {
    let Some(role) = state.world.guild(guild).roles.get(&role) else { return };
    let data = json!({"guild_id": guild, "role": role_json(role)});
    state.emit(event, Some(guild), Intents::GUILDS, &data);
}

/// Deletes a role, also from its members and the channels' overwrites.
pub(crate) fn remove_role(state: &mut State, guild: GuildId, role: RoleId) {
    let home = state.world.guild_mut(guild);
    home.roles.remove(&role);
    home.members.values_mut().for_each(|member| member.roles.retain(|known| *known != role));
    state.emit("GUILD_ROLE_DELETE", Some(guild), Intents::GUILDS, &json!({"guild_id": guild, "role_id": role}));
}

/// Makes a user a member; the bot's own joining shows it the whole guild.
pub(crate) fn add_member(state: &mut State, guild: GuildId, user: UserId) {
    let joined_ms = state.world.clock.now_ms();
    let member = Member { user, nick: None, roles: Vec::new(), joined_ms };
    state.world.guild_mut(guild).members.insert(user, member.clone());
    if user == state.world.bot {
        return show(state, guild);
    }
    let mut data = state.world.member_json(&member);
    merge(&mut data, json!({"guild_id": guild}));
    state.emit("GUILD_MEMBER_ADD", Some(guild), Intents::GUILD_MEMBERS, &data);
}

/// Announces a member's current state. The bot receives its own without the members intent.
pub(crate) fn announce_member(state: &mut State, guild: GuildId, user: UserId) {
    let Some(member) = state.world.guild(guild).members.get(&user) else { return };
    let mut data = state.world.member_json(member);
    merge(&mut data, json!({"guild_id": guild}));
    let wanted = if user == state.world.bot { Intents::GUILDS } else { Intents::GUILD_MEMBERS };
    state.emit("GUILD_MEMBER_UPDATE", Some(guild), wanted, &data);
}

/// Ends a user's membership. A bot that is removed loses the guild.
pub(crate) fn remove_member(state: &mut State, guild: GuildId, user: UserId) {
    if user == state.world.bot {
        state.emit("GUILD_DELETE", Some(guild), Intents::GUILDS, &json!({"id": guild, "unavailable": false}));
        state.world.guild_mut(guild).members.remove(&user);
        return;
    }
    state.world.guild_mut(guild).members.remove(&user);
    let data = json!({"guild_id": guild, "user": state.world.user_json(user)});
    state.emit("GUILD_MEMBER_REMOVE", Some(guild), Intents::GUILD_MEMBERS, &data);
}

/// Starts or ends a guild's outage.
pub(crate) fn set_available(state: &mut State, guild: GuildId, available: bool) {
    state.world.guild_mut(guild).available = available;
    if available {
        return show(state, guild);
    }
    state.emit("GUILD_DELETE", Some(guild), Intents::GUILDS, &json!({"id": guild, "unavailable": true}));
}

fn show(state: &mut State, guild: GuildId) {
    let home = state.world.guild(guild);
    let whole = state.world.guild_create_json(home, true);
    let small = state.world.guild_create_json(home, false);
    state.emit_each("GUILD_CREATE", Some(guild), |intents| {
        let members = intents.contains(Intents::GUILD_PRESENCES);
        intents.contains(Intents::GUILDS).then(|| if members { whole.clone() } else { small.clone() })
    });
}
