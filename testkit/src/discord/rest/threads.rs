//! Starting threads and joining them over REST.

use serde_json::Value;
use serenity::all::{ChannelId, ChannelType, MessageId, UserId};

use super::reply::{DiscordError, Reply};
use super::request::RestCall;
use super::{Outcome, id};
use crate::discord::ops::threads;
use crate::discord::state::State;

/// Starts a thread.
pub(crate) fn create(state: &mut State, call: &RestCall, channel: ChannelId, from: Option<MessageId>) -> Outcome {
    let name = call.json.get("name").and_then(Value::as_str).unwrap_or_default();
    // Alone, a thread is private unless it is said to be public.
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

/// Joins or leaves a thread, or puts somebody in or out.
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
