//! The REST API: routing, and around every route faults, authorization, rate limits, the schema check and the
//! recorder.

pub(crate) mod channels;
pub(crate) mod commands;
pub(crate) mod guilds;
pub(crate) mod interactions;
pub(crate) mod limits;
pub(crate) mod messages;
pub(crate) mod multipart;
pub(crate) mod paging;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod threads;
pub(crate) mod users;

use reply::{DiscordError, Reply};
use request::RestCall;
use serde_json::Value;

use super::faults::{self, Action};
use super::recorder::RestRequest;
use super::state::State;

/// The outcome of a handler.
pub(crate) type Outcome = Result<Reply, DiscordError>;

/// Answers a request and records it. The connection applies the returned fault, if one was queued.
pub(crate) fn answer(state: &mut State, call: &RestCall) -> (Reply, Option<Action>) {
    let fault = faults::take(&mut state.faults, &call.method, &call.path);
    let reply = match &fault {
        Some(Action::Answer { status, headers, body }) => {
            Reply { status: *status, headers: headers.clone(), body: body.clone().into() }
        }
        Some(Action::Hang | Action::Reset) => Reply::empty(0),
        Some(Action::Garble { headers }) => {
            let mut reply = handle(state, call);
            reply.headers.retain(|(name, _)| headers.iter().all(|(garbled, _)| garbled != name));
            reply.with(headers.clone())
        }
        Some(Action::Bend { fields }) => {
            let mut reply = handle(state, call);
            if let (Ok(Value::Object(mut body)), Some(fields)) =
                (serde_json::from_slice(&reply.body), fields.as_object())
            {
                body.extend(fields.clone());
                reply.body = Value::Object(body).to_string().into();
            }
            reply
        }
        Some(Action::LoseReply | Action::Delay(_)) | None => handle(state, call),
    };
    record(state, call, &reply, fault.is_some());
    (reply, fault)
}

fn handle(state: &mut State, call: &RestCall) -> Reply {
    if call.host.starts_with("cdn.") || call.host.starts_with("media.") {
        return users::attachment(state, call);
    }
    if let Some(why) = &call.malformed {
        state.fail(format!("{} {} has a body that is not JSON: {why}", call.method, call.path));
        return DiscordError::new(400, 50109, "The request body contains invalid JSON.").into();
    }
    let segments = call.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let open = matches!(path.as_slice(), ["gateway"] | ["interactions", ..] | ["webhooks", ..]);
    if !open && call.authorization != format!("Bot {}", state.settings.token) {
        return DiscordError::unauthorized().into();
    }
    let headers = match limits::check(state, call, &path) {
        Ok(headers) => headers,
        Err(reply) => return reply,
    };
    let violations = state.schema.check_request(&call.method, &path, &call.json);
    for violation in violations {
        state.fail(format!("{} {} breaks the schema: {violation}\n      {}", call.method, call.path, call.json));
    }
    match route(state, call, &path) {
        Some(outcome) => {
            let reply = outcome.unwrap_or_else(Reply::from);
            if let Some(body) = reply.value().filter(|_| reply.status < 300) {
                for violation in state.schema.check_reply(&call.method, &path, reply.status, &body) {
                    let from = format!("{} {}", call.method, call.path);
                    state.fail(format!("the fake's own answer to {from} breaks the schema: {violation}\n      {body}"));
                }
            }
            reply.with(headers)
        }
        None => {
            state.fail(format!("unknown route: {} {}", call.method, call.path));
            DiscordError::new(404, 0, "404: Not Found").into()
        }
    }
}

fn route(state: &mut State, call: &RestCall, path: &[&str]) -> Option<Outcome> {
    if !call.versioned {
        return None;
    }
    let (first, rest) = path.split_first()?;
    match *first {
        "gateway" => users::gateway(state, call, rest),
        "users" => users::route(state, call, rest),
        "guilds" => guilds::route(state, call, rest),
        "channels" => channels::route(state, call, rest),
        "applications" => commands::route(state, call, rest),
        "interactions" => interactions::callback_route(state, call, rest),
        "webhooks" => interactions::webhook_route(state, call, rest),
        _ => None,
    }
}

fn record(state: &mut State, call: &RestCall, reply: &Reply, fault: bool) {
    let error = (reply.status >= 400).then(|| String::from_utf8_lossy(&reply.body).into_owned());
    if !fault && matches!(reply.status, 401 | 403 | 429) && !state.tolerated.contains(&reply.status) {
        let why = error.as_deref().unwrap_or_default();
        state.fail(format!("{} {} was answered {}: {why}", call.method, call.path, reply.status));
    }
    let at_ms = state.world.clock.now_ms();
    state.requests.push(RestRequest {
        method: call.method.clone(),
        path: call.path.clone(),
        query: call.query.clone(),
        body: call.json.clone(),
        files: call.uploads.iter().map(|upload| upload.filename.clone()).collect(),
        status: reply.status,
        error,
        fault,
        at_ms,
    });
}

/// An id in a path; a malformed one gives the error of an unknown one.
pub(crate) fn id<T: From<std::num::NonZeroU64>>(text: &str, unknown: DiscordError) -> Result<T, DiscordError> {
    text.parse::<std::num::NonZeroU64>().map(T::from).map_err(|_| unknown)
}
