//! `/interactions/{id}/{token}/callback` and `/webhooks/{application}/{token}`.

use serde_json::json;
use serenity::all::InteractionId;

use super::messages::shown;
use super::reply::{DiscordError, Reply};
use super::request::RestCall;
use super::{Outcome, id};
use crate::discord::ops::draft::Draft;
use crate::discord::ops::responses;
use crate::discord::state::State;
use crate::discord::world::render_message::Reading;

/// The first answer to an interaction.
pub(crate) fn callback_route(state: &mut State, call: &RestCall, path: &[&str]) -> Option<Outcome> {
    match (call.method.as_str(), path) {
        ("POST", [interaction, token, "callback"]) => Some(callback(state, call, interaction, token)),
        _ => None,
    }
}

fn callback(state: &mut State, call: &RestCall, interaction: &str, token: &str) -> Outcome {
    let interaction: InteractionId = id(interaction, DiscordError::unknown_interaction())?;
    let message = responses::callback(state, interaction, token, &call.json, &call.uploads)?;
    if call.queries().get("with_response").map(String::as_str) != Some("true") {
        return Ok(Reply::no_content());
    }
    let known = state.interactions.get(&interaction).ok_or_else(DiscordError::unknown_interaction)?;
    let mut about = json!({"id": interaction, "type": known.kind});
    let message = message.and_then(|message| state.world.message(known.channel, message));
    let Some((message, fields)) = message.zip(about.as_object_mut()) else {
        return Ok(Reply::ok(&json!({"interaction": about})));
    };
    fields.insert("response_message_id".to_owned(), json!(message.id));
    fields.insert("response_message_loading".to_owned(), json!(message.is_loading()));
    fields.insert("response_message_ephemeral".to_owned(), json!(message.is_ephemeral()));
    if message.is_loading() {
        // A deferred answer is announced without any content.
        return Ok(Reply::ok(&json!({"interaction": about})));
    }
    let resource = json!({"type": call.json.get("type"), "message": state.world.message_json(message, Reading::Full)});
    Ok(Reply::ok(&json!({"interaction": about, "resource": resource})))
}

/// Follow-ups, and the earlier answers.
pub(crate) fn webhook_route(state: &mut State, call: &RestCall, path: &[&str]) -> Option<Outcome> {
    let (application, rest) = path.split_first()?;
    if *application != state.world.application.to_string() {
        return Some(Err(DiscordError::unknown_webhook()));
    }
    Some(match (call.method.as_str(), rest) {
        ("POST", [token]) => follow_up(state, call, token),
        ("GET", [token, "messages", which]) => responses::find(state, token, which)
            .and_then(|(interaction, message)| shown(state, interaction.channel, message)),
        ("PATCH", [token, "messages", which]) => edit(state, call, token, which),
        ("DELETE", [token, "messages", which]) => responses::delete(state, token, which).map(|()| Reply::no_content()),
        _ => return None,
    })
}

fn follow_up(state: &mut State, call: &RestCall, token: &str) -> Outcome {
    let draft = Draft::read(&call.json, &call.uploads)?;
    let message = responses::follow_up(state, token, &draft)?;
    let channel = state.by_token(token).ok_or_else(DiscordError::invalid_webhook_token)?.channel;
    shown(state, channel, message)
}

fn edit(state: &mut State, call: &RestCall, token: &str, which: &str) -> Outcome {
    let draft = Draft::read(&call.json, &call.uploads)?;
    let message = responses::edit(state, token, which, &draft)?;
    let channel = state.by_token(token).ok_or_else(DiscordError::invalid_webhook_token)?.channel;
    shown(state, channel, message)
}
