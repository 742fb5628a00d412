//! `/users`, `/gateway`, and the CDN.

use serde_json::{Value, json};
use serenity::all::{AttachmentId, ChannelId, UserId};

use super::reply::{DiscordError, Reply};
use super::request::RestCall;
use super::{Outcome, id};
use crate::discord::state::State;

/// Routes under `/users`.
pub(crate) fn route(state: &mut State, call: &RestCall, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method.as_str(), path) {
        ("GET", ["@me"]) => Ok(Reply::ok(&state.world.current_user_json())),
        ("GET", ["@me", "guilds"]) => Ok(Reply::ok(&guilds(state))),
        ("POST", ["@me", "channels"]) => direct(state, call),
        ("GET", [user]) => user_by_id(state, user),
        _ => return None,
    })
}

fn user_by_id(state: &State, user: &str) -> Outcome {
    let user: UserId = id(user, DiscordError::unknown_user())?;
    if !state.world.users.contains_key(&user) {
        return Err(DiscordError::unknown_user());
    }
    Ok(Reply::ok(&state.world.user_json(user)))
}

fn guilds(state: &State) -> Value {
    let mine = state.world.guilds.values().filter(|guild| guild.members.contains_key(&state.world.bot));
    let guild = |guild: &crate::discord::world::Guild| {
        let permissions = crate::discord::world::permissions::base(guild, state.world.bot);
        json!({
            "id": guild.id, "name": guild.name, "icon": null, "banner": null, "owner": false,
            "permissions": permissions, "features": [],
        })
    };
    mine.map(guild).collect()
}

fn direct(state: &mut State, call: &RestCall) -> Outcome {
    let recipient = call.json.get("recipient_id").and_then(Value::as_str).unwrap_or_default();
    let recipient: UserId = id(recipient, DiscordError::unknown_user())?;
    if !state.world.users.contains_key(&recipient) || recipient == state.world.bot {
        return Err(DiscordError::new(400, 50033, "Invalid Recipient(s)"));
    }
    let channel = state.direct_channel(recipient);
    let channel = state.world.channel(channel).ok_or_else(DiscordError::unknown_channel)?;
    Ok(Reply::ok(&state.world.channel_json(channel)))
}

/// Routes under `/gateway`.
pub(crate) fn gateway(state: &mut State, call: &RestCall, path: &[&str]) -> Option<Outcome> {
    let url = state.announced.as_ref().unwrap_or(&state.gateway_url);
    Some(match (call.method.as_str(), path) {
        ("GET", []) => Ok(Reply::ok(&json!({"url": url}))),
        ("GET", ["bot"]) if call.authorization != format!("Bot {}", state.settings.token) => {
            Err(DiscordError::unauthorized())
        }
        ("GET", ["bot"]) => {
            let settings = &state.settings;
            let (remaining, reset_after) = settings.starts;
            let reset_after = u64::try_from(reset_after.as_millis()).unwrap_or(u64::MAX);
            let limit = json!({
                "total": 1000, "remaining": remaining, "reset_after": reset_after,
                "max_concurrency": settings.max_concurrency,
            });
            Ok(Reply::ok(&json!({"url": url, "shards": settings.shards, "session_start_limit": limit})))
        }
        _ => return None,
    })
}

/// An attachment's bytes, until its link expires.
pub(crate) fn attachment(state: &mut State, call: &RestCall) -> Reply {
    let segments = call.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let gone = || Reply { body: "This content is no longer available.".into(), ..Reply::empty(404) };
    let ("GET", ["attachments", channel, file, name]) = (call.method.as_str(), path.as_slice()) else {
        state.fail(format!("unknown route on {}: {} {}", call.host, call.method, call.path));
        return gone();
    };
    let expires = call.queries().get("ex").and_then(|ex| u64::from_str_radix(ex, 16).ok()).unwrap_or_default();
    if state.expired_links || expires * 1000 < state.world.clock.now_ms() {
        return gone();
    }
    let (Ok(channel), Ok(file)) = (channel.parse::<ChannelId>(), file.parse::<AttachmentId>()) else { return gone() };
    let messages = state.world.messages.get(&channel).into_iter().flat_map(|messages| messages.values());
    let found =
        messages.flat_map(|message| &message.attachments).find(|known| known.id == file && known.filename == *name);
    match found {
        Some(found) => {
            let kind = found.content_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
            Reply { status: 200, headers: vec![("content-type".to_owned(), kind)], body: found.bytes.clone() }
        }
        None => gone(),
    }
}
