//! `/guilds/{guild}` and the routes below.

use serde_json::{Value, json};
use serenity::all::{GuildId, UserId};

use super::reply::{DiscordError, Reply};
use super::request::RestCall;
use super::{Outcome, id};
use crate::discord::state::State;
use crate::discord::world::Guild;
use crate::discord::world::render::role_json;

/// Routes under `/guilds`.
pub(crate) fn route(state: &mut State, call: &RestCall, path: &[&str]) -> Option<Outcome> {
    let (guild, rest) = path.split_first()?;
    let known = id::<GuildId>(guild, DiscordError::unknown_guild()).and_then(|guild| home(state, guild));
    let guild = match known {
        Ok(guild) => guild,
        Err(error) => return Some(Err(error)),
    };
    Some(match (call.method.as_str(), rest) {
        ("GET", []) => Ok(Reply::ok(&state.world.guild_json(guild))),
        ("GET", ["channels"]) => Ok(Reply::ok(&channels(state, guild))),
        ("GET", ["roles"]) => Ok(Reply::ok(&json!(guild.roles.values().map(role_json).collect::<Vec<_>>()))),
        ("GET", ["members"]) => members(state, call, guild),
        ("GET", ["members", user]) => member(state, guild, user),
        ("GET", ["threads", "active"]) => Ok(Reply::ok(&active(state, guild))),
        _ => return None,
    })
}

fn home(state: &State, guild: GuildId) -> Result<&Guild, DiscordError> {
    match state.world.guilds.get(&guild) {
        Some(known) if known.members.contains_key(&state.world.bot) => Ok(known),
        // Discord answers the same for a guild without the bot and for a guild that does not exist.
        _ => Err(DiscordError::unknown_guild()),
    }
}

fn channels(state: &State, guild: &Guild) -> Value {
    let channels = state.world.channels.values().filter(|channel| channel.guild() == Some(guild.id));
    channels.filter(|channel| !channel.is_thread()).map(|channel| state.world.channel_json(channel)).collect()
}

fn active(state: &State, guild: &Guild) -> Value {
    let channels = state.world.channels.values().filter(|channel| channel.guild() == Some(guild.id));
    let live = channels.filter(|channel| channel.thread.as_ref().is_some_and(|thread| !thread.archived));
    let live = live.filter(|channel| state.bot_sees(channel.id));
    let threads: Vec<Value> = live.map(|channel| state.world.channel_json(channel)).collect();
    let members: Vec<Value> = threads.iter().filter_map(|thread| thread.get("member").cloned()).collect();
    json!({"threads": threads, "members": members, "has_more": false})
}

fn member(state: &State, guild: &Guild, user: &str) -> Outcome {
    let user: UserId = id(user, DiscordError::unknown_user())?;
    let member = guild.members.get(&user).ok_or_else(DiscordError::unknown_member)?;
    Ok(Reply::ok(&state.world.member_json(member)))
}

/// The whole list needs the members intent, as on the gateway.
fn members(state: &State, call: &RestCall, guild: &Guild) -> Outcome {
    if !state.settings.allowed_intents.contains(serenity::all::GatewayIntents::GUILD_MEMBERS) {
        return Err(DiscordError::missing_access());
    }
    let query = call.queries();
    let number = |name: &str, otherwise: u64| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (limit, after) = (number("limit", 1), number("after", 0));
    let later = guild.members.values().filter(|member| member.user.get() > after);
    let page = later.take(usize::try_from(limit).unwrap_or(1000).min(1000));
    Ok(Reply::ok(&page.map(|member| state.world.member_json(member)).collect()))
}
