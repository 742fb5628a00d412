//! Threads: started from a message or alone, joined, archived, deleted.

use std::collections::BTreeMap;

use serde_json::json;
use serenity::all::{ChannelId, ChannelType, GatewayIntents as Intents, GuildId, MessageId, Permissions, UserId};

use super::messages::allow;
use crate::discord::rest::reply::DiscordError;
use crate::discord::state::State;
use crate::discord::world::message::flags;
use crate::discord::world::render::merge;
use crate::discord::world::{Channel, Place, Thread};

/// Starts a thread, from a message if one is given.
pub(crate) fn create(
    state: &mut State,
    owner: UserId,
    parent: ChannelId,
    from: Option<MessageId>,
    kind: ChannelType,
    name: &str,
) -> Result<ChannelId, DiscordError> {
    let private = kind == ChannelType::PrivateThread;
    let wanted = if private { Permissions::CREATE_PRIVATE_THREADS } else { Permissions::CREATE_PUBLIC_THREADS };
    allow(state, owner, parent, wanted)?;
    let home = state.world.channel(parent).ok_or_else(DiscordError::unknown_channel)?;
    let Place::Guild(guild) = home.place else {
        return Err(DiscordError::new(400, 50024, "Cannot execute action on this channel type"));
    };
    if !matches!(home.kind, ChannelType::Text | ChannelType::News | ChannelType::Forum) {
        return Err(DiscordError::new(400, 50024, "Cannot execute action on this channel type"));
    }
    if name.is_empty() || name.chars().count() > 100 {
        return Err(DiscordError::form("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."));
    }
    let id = match from {
        // A thread takes the id of the message it was started from.
        Some(message) => {
            let message_id = ChannelId::new(message.get());
            let target = state.world.message_mut(parent, message).ok_or_else(DiscordError::unknown_message)?;
            if target.thread.is_some() {
                return Err(DiscordError::new(400, 160_004, "A thread has already been created for this message"));
            }
            target.thread = Some(message_id);
            target.flags |= flags::HAS_THREAD;
            message_id
        }
        None => ChannelId::new(state.world.clock.id()),
    };
    let now = state.world.clock.now_ms();
    let thread = Thread {
        owner,
        members: BTreeMap::from([(owner, now)]),
        archived: false,
        archived_ms: now,
        locked: false,
        auto_archive_minutes: 4320,
        created_ms: now,
    };
    let channel =
        Channel { parent: Some(parent), thread: Some(thread), ..Channel::new(id, kind, Place::Guild(guild), name) };
    state.world.channels.insert(id, channel);
    announce(state, "THREAD_CREATE", id, true);
    if let Some(message) = from {
        state.emit_message("MESSAGE_UPDATE", parent, message);
    }
    Ok(id)
}

/// Announces a thread's current state if the bot can see it.
pub(crate) fn announce(state: &mut State, event: &str, thread: ChannelId, new: bool) {
    let Some(channel) = state.world.channel(thread).filter(|_| state.bot_sees(thread)) else { return };
    let guild = channel.guild();
    let mut data = state.world.channel_json(channel);
    if new {
        merge(&mut data, json!({"newly_created": true}));
    }
    state.emit(event, guild, Intents::GUILDS, &data);
}

/// Adds a user to a thread. The bot learns of a private thread only when it is added to it.
pub(crate) fn add_member(state: &mut State, thread: ChannelId, user: UserId) -> Result<(), DiscordError> {
    let now = state.world.clock.now_ms();
    let home = state.world.channels.get_mut(&thread).ok_or_else(DiscordError::unknown_channel)?;
    let guild = home.guild();
    let inside = home.thread.as_mut().ok_or_else(DiscordError::unknown_channel)?;
    inside.members.insert(user, now);
    if user == state.world.bot {
        announce(state, "THREAD_CREATE", thread, false);
    }
    let member =
        json!({"id": thread, "user_id": user, "join_timestamp": crate::discord::world::clock::iso(now), "flags": 0});
    members_changed(state, thread, guild, user, json!({"added_members": [member]}));
    Ok(())
}

/// Removes a user from a thread.
pub(crate) fn remove_member(state: &mut State, thread: ChannelId, user: UserId) -> Result<(), DiscordError> {
    let home = state.world.channels.get_mut(&thread).ok_or_else(DiscordError::unknown_channel)?;
    let guild = home.guild();
    let inside = home.thread.as_mut().ok_or_else(DiscordError::unknown_channel)?;
    inside.members.remove(&user);
    members_changed(state, thread, guild, user, json!({"removed_member_ids": [user]}));
    Ok(())
}

fn members_changed(
    state: &mut State,
    thread: ChannelId,
    guild: Option<GuildId>,
    user: UserId,
    change: serde_json::Value,
) {
    let own = user == state.world.bot;
    let count = state.world.channel(thread).and_then(|channel| channel.thread.as_ref()).map_or(0, |t| t.members.len());
    let mut data = json!({"id": thread, "guild_id": guild, "member_count": count.min(50)});
    merge(&mut data, change);
    // Updates about other users need the members intent; the bot always receives its own.
    let wanted = if own { Intents::GUILDS } else { Intents::GUILD_MEMBERS };
    if own || state.bot_sees(thread) {
        state.emit("THREAD_MEMBERS_UPDATE", guild, wanted, &data);
    }
}
