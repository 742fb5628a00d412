//! `/channels/{channel}/messages` and the routes below.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serenity::all::{ChannelId, GatewayIntents, MessageId, Permissions};

use super::paging::page;
use super::reply::{DiscordError, Reply};
use super::request::RestCall;
use super::{Outcome, id, threads};
use crate::discord::ops::draft::Draft;
use crate::discord::ops::messages::{self, allow};
use crate::discord::ops::reactions::{self, Reaction};
use crate::discord::state::State;
use crate::discord::world::render_message::Reading;

/// Routes under `/channels/{channel}/messages`.
pub(crate) fn route(state: &mut State, call: &RestCall, channel: ChannelId, path: &[&str]) -> Option<Outcome> {
    let method = call.method.as_str();
    match (method, path) {
        ("GET", []) => return Some(list(state, call, channel)),
        ("POST", []) => return Some(create(state, call, channel)),
        ("POST", ["bulk-delete"]) => return Some(delete_bulk(state, call, channel)),
        _ => {}
    }
    let (message, rest) = path.split_first()?;
    let message: MessageId = match id(message, DiscordError::unknown_message()) {
        Ok(message) => message,
        Err(error) => return Some(Err(error)),
    };
    Some(match (method, rest) {
        ("GET", []) => get(state, channel, message),
        ("PATCH", []) => edit(state, call, channel, message),
        ("DELETE", []) => messages::delete(state, state.world.bot, channel, message).map(|()| Reply::no_content()),
        ("POST", ["threads"]) => threads::create(state, call, channel, Some(message)),
        ("PUT", ["reactions", emoji, "@me"]) => {
            reactions::add(state, Reaction { user: state.world.bot, channel, message, emoji })
                .map(|()| Reply::no_content())
        }
        ("DELETE", ["reactions", emoji, "@me"]) => {
            reactions::remove(state, Reaction { user: state.world.bot, channel, message, emoji })
                .map(|()| Reply::no_content())
        }
        ("GET", ["reactions", emoji]) => reacted(state, channel, message, emoji),
        _ => return None,
    })
}

/// How REST shows texts: it blanks them too if the portal does not allow the content intent.
pub(crate) fn reading(state: &State) -> Reading {
    let is_allowed = state.settings.allowed_intents.contains(GatewayIntents::MESSAGE_CONTENT);
    if is_allowed { Reading::Full } else { Reading::Limited }
}

pub(crate) fn shown(state: &State, channel: ChannelId, message: MessageId) -> Outcome {
    let message = state.world.message(channel, message).ok_or_else(DiscordError::unknown_message)?;
    Ok(Reply::ok(&state.world.message_json(message, reading(state))))
}

fn list(state: &mut State, call: &RestCall, channel: ChannelId) -> Outcome {
    let bot = state.world.bot;
    allow(state, bot, channel, Permissions::VIEW_CHANNEL)?;
    let empty = BTreeMap::new();
    // Without the history permission the list is not forbidden but empty.
    let history = state.world.can(bot, channel, Permissions::READ_MESSAGE_HISTORY);
    let messages = state.world.messages.get(&channel).filter(|_| history).unwrap_or(&empty);
    let page = page(messages, &call.queries())?;
    let page: Vec<Value> = page.into_iter().map(|message| state.world.message_json(message, reading(state))).collect();
    Ok(Reply::ok(&Value::Array(page)))
}

fn get(state: &mut State, channel: ChannelId, message: MessageId) -> Outcome {
    let bot = state.world.bot;
    allow(state, bot, channel, Permissions::READ_MESSAGE_HISTORY)?;
    if state.world.message(channel, message).is_some_and(|message| message.is_ephemeral()) {
        return Err(DiscordError::unknown_message());
    }
    shown(state, channel, message)
}

fn create(state: &mut State, call: &RestCall, channel: ChannelId) -> Outcome {
    let bot = state.world.bot;
    // Access is checked before the form.
    allow(state, bot, channel, Permissions::SEND_MESSAGES)?;
    let draft = Draft::read(&call.json, &call.uploads)?;
    let message = messages::create(state, bot, channel, &draft)?;
    shown(state, channel, message)
}

fn edit(state: &mut State, call: &RestCall, channel: ChannelId, message: MessageId) -> Outcome {
    let bot = state.world.bot;
    allow(state, bot, channel, Permissions::VIEW_CHANNEL)?;
    let draft = Draft::read(&call.json, &call.uploads)?;
    messages::edit(state, bot, channel, message, &draft)?;
    shown(state, channel, message)
}

fn delete_bulk(state: &mut State, call: &RestCall, channel: ChannelId) -> Outcome {
    let given = call.json.get("messages").and_then(Value::as_array).into_iter().flatten();
    let messages: Vec<MessageId> = given.filter_map(|id| id.as_str()?.parse().ok()).collect();
    messages::delete_bulk(state, state.world.bot, channel, &messages)?;
    Ok(Reply::no_content())
}

fn reacted(state: &mut State, channel: ChannelId, message: MessageId, emoji: &str) -> Outcome {
    allow(state, state.world.bot, channel, Permissions::READ_MESSAGE_HISTORY)?;
    let message = state.world.message(channel, message).ok_or_else(DiscordError::unknown_message)?;
    let users = message.reactions.iter().filter(|(known, _)| known == emoji).flat_map(|(_, users)| users);
    Ok(Reply::ok(&json!(users.map(|user| state.world.user_json(*user)).collect::<Vec<_>>())))
}
