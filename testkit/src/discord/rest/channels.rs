//! `/channels/{channel}` and the routes below.

use serde_json::{Value, json};
use serenity::all::{ChannelId, GatewayIntents as Intents, Permissions};

use super::reply::{DiscordError, Reply};
use super::request::RestCall;
use super::{Outcome, id, messages, threads};
use crate::discord::ops::messages::allow;
use crate::discord::state::State;

/// Routes under `/channels`.
pub(crate) fn route(state: &mut State, call: &RestCall, path: &[&str]) -> Option<Outcome> {
    let (channel, rest) = path.split_first()?;
    let channel: ChannelId = match id(channel, DiscordError::unknown_channel()) {
        Ok(channel) => channel,
        Err(error) => return Some(Err(error)),
    };
    Some(match (call.method.as_str(), rest) {
        ("GET", []) => get(state, channel),
        ("POST", ["typing"]) => typing(state, channel),
        ("GET", ["threads", "archived", kind @ ("public" | "private")]) => {
            threads::archived(state, call, channel, *kind == "private")
        }
        ("POST", ["threads"]) => threads::create(state, call, channel, None),
        ("PUT" | "DELETE", ["thread-members", member]) => threads::membership(state, call, channel, member),
        (_, ["messages", rest @ ..]) => return messages::route(state, call, channel, rest),
        _ => return None,
    })
}

fn get(state: &mut State, channel: ChannelId) -> Outcome {
    let bot = state.world.bot;
    let known = state.world.channel(channel).ok_or_else(DiscordError::unknown_channel)?;
    if !state.world.can(bot, channel, Permissions::VIEW_CHANNEL) {
        return Err(DiscordError::missing_access());
    }
    Ok(Reply::ok(&state.world.channel_json(known)))
}

fn typing(state: &mut State, channel: ChannelId) -> Outcome {
    let bot = state.world.bot;
    allow(state, bot, channel, Permissions::SEND_MESSAGES)?;
    *state.typing.entry(channel).or_default() += 1;
    announce_typing(state, bot, channel);
    Ok(Reply::no_content())
}

/// Announces that a user is typing.
pub(crate) fn announce_typing(state: &mut State, user: serenity::all::UserId, channel: ChannelId) {
    let mut data = json!({
        "channel_id": channel, "user_id": user, "timestamp": state.world.clock.now_ms() / 1000,
    });
    let guild = state.world.channel(channel).and_then(|channel| channel.guild());
    let member = guild.and_then(|guild| state.world.guild(guild).members.get(&user));
    if let (Some(member), Value::Object(fields)) = (member, &mut data) {
        fields.insert("member".to_owned(), state.world.member_json(member));
    }
    let (guild, direct) = (Intents::GUILD_MESSAGE_TYPING, Intents::DIRECT_MESSAGE_TYPING);
    state.emit_in_channel("TYPING_START", channel, guild, direct, data);
}
