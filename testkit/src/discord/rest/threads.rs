//! Starting threads and joining them over REST.

use serde_json::{Value, json};
use serenity::all::{ChannelId, ChannelType, MessageId, Permissions, UserId};

use super::reply::{DiscordError, Reply};
use super::request::RestCall;
use super::{Outcome, id};
use crate::discord::ops::threads;
use crate::discord::state::State;
use crate::discord::world::Channel;

/// Starts a thread.
pub(crate) fn create(state: &mut State, call: &RestCall, channel: ChannelId, from: Option<MessageId>) -> Outcome {
    let name = call.json.get("name").and_then(Value::as_str).unwrap_or_default();
    // A thread without a message is private unless the request says public.
    let kind = match (from, call.json.get("type").and_then(Value::as_u64)) {
        (Some(_), _) | (None, Some(11)) => ChannelType::PublicThread,
        (None, None | Some(12)) => ChannelType::PrivateThread,
        (None, Some(_)) => {
            return Err(DiscordError::form("type", "BASE_TYPE_CHOICES", "Value must be one of (10, 11, 12)."));
        }
    };
    let thread = threads::create(state, state.world.bot, channel, from, kind, name)?;
    let thread = state.world.channel(thread).ok_or_else(DiscordError::unknown_channel)?;
    Ok(Reply::json(201, &state.world.channel_json(thread)))
}

/// Archived threads of a channel, the last archived first. Private ones need the permission to manage threads.
pub(crate) fn archived(state: &mut State, call: &RestCall, parent: ChannelId, private: bool) -> Outcome {
    let bot = state.world.bot;
    let needed = Permissions::VIEW_CHANNEL | Permissions::READ_MESSAGE_HISTORY;
    let needed = if private { needed | Permissions::MANAGE_THREADS } else { needed };
    if !state.world.can(bot, parent, needed) {
        return Err(DiscordError::missing_access());
    }
    let query = call.queries();
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(50);
    let before =
        match query.get("before") {
            None => None,
            Some(text) => Some(text.parse::<jiff::Timestamp>().map_err(|_| {
                DiscordError::form("before", "TIMESTAMP_TYPE_COERCE", "Value is not a timestamp: before.")
            })?),
        };
    let archived_ms =
        |channel: &Channel| channel.thread.as_ref().filter(|thread| thread.archived).map(|thread| thread.archived_ms);
    let before = before.map(|before| u64::try_from(before.as_millisecond()).unwrap_or_default());
    let mut found: Vec<(u64, &Channel)> = state
        .world
        .channels
        .values()
        .filter(|channel| channel.parent == Some(parent) && (channel.kind == ChannelType::PrivateThread) == private)
        .filter_map(|channel| Some((archived_ms(channel)?, channel)))
        .filter(|(at, _)| before.is_none_or(|before| *at < before))
        .collect();
    found.sort_by_key(|(at, channel)| std::cmp::Reverse((*at, channel.id)));
    let more = found.len() > limit;
    let threads: Vec<Value> = found.iter().take(limit).map(|(_, thread)| state.world.channel_json(thread)).collect();
    let members: Vec<Value> = threads.iter().filter_map(|thread| thread.get("member").cloned()).collect();
    Ok(Reply::ok(&json!({"threads": threads, "members": members, "has_more": more})))
}

/// Joins or leaves a thread, or adds or removes another user.
pub(crate) fn membership(state: &mut State, call: &RestCall, thread: ChannelId, member: &str) -> Outcome {
    let user: UserId = match member {
        "@me" => state.world.bot,
        other => id(other, DiscordError::unknown_user())?,
    };
    if !state.bot_sees(thread) {
        return Err(DiscordError::missing_access());
    }
    match call.method.as_str() {
        "PUT" => threads::add_member(state, thread, user)?,
        _ => threads::remove_member(state, thread, user)?,
    }
    Ok(Reply::no_content())
}
