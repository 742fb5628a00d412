//! Request Guild Members (op 8) and its chunks.

use serde_json::{Value, json};
use serenity::all::{GatewayIntents, GuildId, UserId};

use super::connection::Connection;
use super::emit::undecodable;
use super::session::Order;
use crate::discord::state::State;
use crate::discord::world::Member;

/// The most members in one chunk.
const CHUNK: usize = 1000;

/// Answers with the members asked for, to this session alone.
pub(crate) fn request(state: &mut State, connection: &Connection, data: &Value) {
    let id = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok()).filter(|id| *id != 0);
    let Some(guild) = data.get("guild_id").and_then(id).map(GuildId::new) else {
        let _ = connection.orders.send(Order::Close(4002));
        return;
    };
    let Some(index) = state.sessions.iter().position(|session| Some(&session.id) == connection.session.as_ref()) else {
        return;
    };
    let (Some(home), Some(session)) = (state.world.guilds.get(&guild), state.sessions.get(index)) else { return };
    if !session.serves(Some(guild)) {
        return;
    }
    let wanted: Option<Vec<UserId>> = match data.get("user_ids") {
        Some(Value::Array(ids)) => Some(ids.iter().filter_map(id).map(UserId::new).collect()),
        Some(one @ Value::String(_)) => Some(id(one).map(UserId::new).into_iter().collect()),
        _ => None,
    };
    let query = data.get("query").and_then(Value::as_str).unwrap_or_default();
    let limit = data.get("limit").and_then(Value::as_u64).unwrap_or_default();
    let all = wanted.is_none() && query.is_empty() && limit == 0;
    if all && !session.intents.contains(GatewayIntents::GUILD_MEMBERS) {
        // The whole list is for applications with the members intent; others are told nothing.
        return;
    }
    let matches = |member: &&Member| match &wanted {
        Some(users) => users.contains(&member.user),
        None => state.world.display_name(member.user, Some(guild)).to_lowercase().starts_with(&query.to_lowercase()),
    };
    let limit = if all || wanted.is_some() { usize::MAX } else { usize::try_from(limit.clamp(1, 100)).unwrap_or(100) };
    let members: Vec<Value> =
        home.members.values().filter(matches).take(limit).map(|member| state.world.member_json(member)).collect();
    let missing = wanted.iter().flatten().filter(|user| !home.members.contains_key(user)).collect::<Vec<_>>();
    let chunks: Vec<&[Value]> = if members.is_empty() { vec![&[]] } else { members.chunks(CHUNK).collect() };
    let payloads: Vec<Value> = chunks
        .iter()
        .enumerate()
        .map(|(index, members)| {
            json!({
                "guild_id": guild, "members": members, "chunk_index": index, "chunk_count": chunks.len(),
                "not_found": missing, "nonce": data.get("nonce").cloned().unwrap_or_default(),
            })
        })
        .collect();
    let mut unreadable = Vec::new();
    if let Some(session) = state.sessions.get_mut(index) {
        for payload in &payloads {
            unreadable.extend(undecodable(&session.push("GUILD_MEMBERS_CHUNK", payload)));
        }
    }
    unreadable.into_iter().for_each(|why| state.fail(why));
}
