//! The gateway's answers to identify, resume, heartbeats, and requests for members.

use std::time::Instant;

use serde_json::{Value, json};
use serenity::all::{GatewayIntents, GuildId};
use uuid::Uuid;

use super::connection::Connection;
use super::emit::undecodable;
use super::session::{Link, Order, Session};
use crate::discord::state::State;

const PRIVILEGED: GatewayIntents = GatewayIntents::privileged();

/// Answers one payload of a client.
pub(crate) fn answer(state: &mut State, connection: &mut Connection, op: u64, data: &Value) {
    let known = connection.session.is_some();
    match op {
        1 => {
            if connection.acknowledges && !state.silent_heartbeats {
                let _ =
                    connection.orders.send(Order::Send(json!({"op": 11, "s": null, "t": null, "d": null}).to_string()));
            }
        }
        2 if known => close(connection, 4005),
        2 => identify(state, connection, data),
        6 if known => close(connection, 4005),
        6 => resume(state, connection, data),
        3 | 4 | 8 | 31 if !known => close(connection, 4003),
        8 => super::members::request(state, connection, data),
        3 | 4 | 31 => {}
        _ => close(connection, 4001),
    }
}

fn close(connection: &Connection, code: u16) {
    let _ = connection.orders.send(Order::Close(code));
}

fn invalid(connection: &Connection) {
    let _ = connection.orders.send(Order::Send(json!({"op": 9, "s": null, "t": null, "d": false}).to_string()));
}

/// Whether another session of the shard's bucket began only just now.
fn is_too_soon(state: &mut State, shard: u64) -> bool {
    let Some(every) = state.settings.identify_every else { return false };
    let bucket = shard % state.settings.max_concurrency.max(1);
    let last = state.identified.insert(bucket, Instant::now());
    last.is_some_and(|last| last.elapsed() < every)
}

fn same_token(state: &State, data: &Value) -> bool {
    let token = data.get("token").and_then(Value::as_str).unwrap_or_default();
    token.trim_start_matches("Bot ") == state.settings.token
}

fn identify(state: &mut State, connection: &mut Connection, data: &Value) {
    if !same_token(state, data) {
        return close(connection, 4004);
    }
    let bits = data.get("intents").and_then(Value::as_u64);
    let Some(intents) = bits.and_then(GatewayIntents::from_bits) else {
        return close(connection, 4013);
    };
    if !state.settings.allowed_intents.contains(intents & PRIVILEGED) {
        return close(connection, 4014);
    }
    let part = |index: usize, otherwise: u64| {
        data.pointer(&format!("/shard/{index}")).and_then(Value::as_u64).unwrap_or(otherwise)
    };
    let shard = (part(0, 0), part(1, 1));
    if shard.0 >= shard.1 {
        return close(connection, 4010);
    }
    if shard.1 < state.settings.shards_demanded {
        return close(connection, 4011);
    }
    if state.withheld_shard == Some(shard.0) || is_too_soon(state, shard.0) {
        return invalid(connection);
    }
    connection.compress = data.get("compress").and_then(Value::as_bool).unwrap_or_default();
    let id = Uuid::new_v4().simple().to_string();
    connection.session = Some(id.clone());
    let link = Link { connection: connection.number, orders: connection.orders.clone() };
    let mut session = Session { id, intents, shard, sequence: 0, sent: Vec::new(), link: Some(link), resumable: true };
    greet(state, &mut session);
    state.sessions.push(session);
}

/// READY, then every guild of the shard.
fn greet(state: &mut State, session: &mut Session) {
    let world = &state.world;
    let guilds: Vec<GuildId> =
        world.guilds.keys().copied().filter(|guild| world.bot_in(*guild) && session.serves(Some(*guild))).collect();
    let unavailable: Vec<Value> = guilds.iter().map(|guild| json!({"id": guild, "unavailable": true})).collect();
    let ready = json!({
        "v": 10, "user": world.current_user_json(), "guilds": unavailable, "session_id": session.id,
        "resume_gateway_url": state.resume_at.as_ref().unwrap_or(&state.gateway_url), "session_type": "normal", "shard": [session.shard.0, session.shard.1],
        "application": {"id": world.application, "flags": application_flags(state)},
        "private_channels": [], "relationships": [], "user_settings": {}, "_trace": [],
    });
    let mut payloads = vec![session.push("READY", &ready)];
    if session.intents.contains(GatewayIntents::GUILDS) {
        let members = session.intents.contains(GatewayIntents::GUILD_PRESENCES);
        for guild in guilds.iter().filter_map(|guild| world.guilds.get(guild)).filter(|guild| guild.available) {
            payloads.push(session.push("GUILD_CREATE", &world.guild_create_json(guild, members)));
        }
    }
    let unreadable: Vec<String> = payloads.iter().filter_map(|payload| undecodable(payload)).collect();
    unreadable.into_iter().for_each(|why| state.fail(why));
}

/// The application's flags tell which privileged intents the portal allows it.
pub(crate) fn application_flags(state: &State) -> u64 {
    let allowed = state.settings.allowed_intents;
    let limited = [
        (GatewayIntents::GUILD_PRESENCES, 1 << 13),
        (GatewayIntents::GUILD_MEMBERS, 1 << 15),
        (GatewayIntents::MESSAGE_CONTENT, 1 << 19),
    ];
    limited.iter().filter(|(intent, _)| allowed.contains(*intent)).map(|(_, flag)| flag).sum()
}

fn resume(state: &mut State, connection: &mut Connection, data: &Value) {
    if !same_token(state, data) {
        return close(connection, 4004);
    }
    if state.silent_resumes {
        return;
    }
    let id = data.get("session_id").and_then(Value::as_str).unwrap_or_default();
    let seen = data.get("seq").and_then(Value::as_u64).unwrap_or_default();
    let session = state.sessions.iter_mut().find(|session| session.id == id && session.resumable);
    let Some(session) = session else {
        return invalid(connection);
    };
    if seen > session.sequence {
        return close(connection, 4007);
    }
    connection.session = Some(session.id.clone());
    session.link = Some(Link { connection: connection.number, orders: connection.orders.clone() });
    let missed: Vec<String> =
        session.sent.iter().filter(|(sequence, _)| *sequence > seen).map(|(_, payload)| payload.clone()).collect();
    missed.into_iter().for_each(|payload| session.order(Order::Send(payload)));
    let resumed = json!({"_trace": []});
    if state.resumed_unnumbered {
        let payload = json!({"op": 0, "s": session.sequence, "t": "RESUMED", "d": resumed});
        session.order(Order::Send(payload.to_string()));
    } else {
        session.push("RESUMED", &resumed);
    }
}
