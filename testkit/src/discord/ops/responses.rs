//! How the application answers an interaction: the callback, `@original`, and follow-ups.

use serde_json::{Value, json};
use serenity::all::{InteractionId, MessageId};

use super::draft::Draft;
use super::interactions::{Acknowledgement, FIRST_ANSWER, Interaction};
use super::messages::{fill, insert, remove, rewrite};
use crate::discord::rest::reply::DiscordError;
use crate::discord::rest::request::Upload;
use crate::discord::state::State;
use crate::discord::world::Message;
use crate::discord::world::message::flags;
use crate::discord::world::snowflake::timestamp_ms;

/// The first answer; the message it made or changed, if any.
pub(crate) fn callback(
    state: &mut State,
    id: InteractionId,
    token: &str,
    body: &Value,
    uploads: &[Upload],
) -> Result<Option<MessageId>, DiscordError> {
    let known = state.interactions.get(&id).filter(|interaction| interaction.token == token);
    let interaction = known.ok_or_else(DiscordError::unknown_interaction)?.clone();
    if interaction.acknowledged.is_some() {
        return Err(DiscordError::new(400, 40060, "Interaction has already been acknowledged."));
    }
    if state.age(&interaction) > FIRST_ANSWER {
        return Err(DiscordError::unknown_interaction());
    }
    let data = body.get("data").cloned().unwrap_or_else(|| json!({}));
    let on_component = interaction.source.is_some();
    let (acknowledged, message) = match body.get("type").and_then(Value::as_u64) {
        Some(4) => {
            let message = post(state, &interaction, &Draft::read(&data, uploads)?, false)?;
            (Acknowledgement::Message, Some(message))
        }
        Some(5) => {
            let draft = Draft { flags: data.get("flags").and_then(Value::as_u64), ..Draft::default() };
            (Acknowledgement::Deferred, Some(post(state, &interaction, &draft, true)?))
        }
        Some(6) if on_component => (Acknowledgement::DeferredUpdate, None),
        Some(7) if on_component => {
            let source = interaction.source.ok_or_else(DiscordError::unknown_message)?;
            rewrite(state, interaction.channel, source, &Draft::read(&data, uploads)?)?;
            (Acknowledgement::Update, Some(source))
        }
        Some(8) if interaction.kind == 4 => (Acknowledgement::Choices(data), None),
        Some(9) if interaction.kind != 5 => (Acknowledgement::Modal(data), None),
        _ => return Err(DiscordError::form("type", "BASE_TYPE_CHOICES", "This type does not fit the interaction.")),
    };
    let after = interaction.born.elapsed();
    if let Some(interaction) = state.interactions.get_mut(&id) {
        interaction.acknowledged = Some(acknowledged);
        interaction.acknowledged_after = Some(after);
        interaction.original = message.or(interaction.original);
    }
    Ok(message)
}

/// A further message; after a deferral the first one takes the deferred answer's place.
pub(crate) fn follow_up(state: &mut State, token: &str, draft: &Draft) -> Result<MessageId, DiscordError> {
    let interaction = state.by_token(token).ok_or_else(DiscordError::invalid_webhook_token)?.clone();
    if interaction.acknowledged.is_none() {
        return Err(DiscordError::unknown_webhook());
    }
    if let Some(original) = interaction.original
        && state.world.message(interaction.channel, original).is_some_and(Message::is_loading)
    {
        settle(state, &interaction, original, draft)?;
        return Ok(original);
    }
    let message = post(state, &interaction, draft, false)?;
    if let Some(interaction) = state.interactions.get_mut(&interaction.id) {
        interaction.followups.push(message);
    }
    Ok(message)
}

/// Finds one of an interaction's messages: `@original` or a follow-up.
pub(crate) fn find(state: &State, token: &str, which: &str) -> Result<(Interaction, MessageId), DiscordError> {
    let interaction = state.by_token(token).ok_or_else(DiscordError::invalid_webhook_token)?;
    let id = match which {
        "@original" => interaction.original,
        id => id.parse().ok().filter(|id| interaction.original == Some(*id) || interaction.followups.contains(id)),
    };
    let id = id.filter(|id| state.world.message(interaction.channel, *id).is_some());
    match (id, &interaction.acknowledged) {
        (Some(id), Some(_)) => Ok((interaction.clone(), id)),
        (_, None) => Err(DiscordError::unknown_webhook()),
        (None, _) => Err(DiscordError::unknown_message()),
    }
}

/// Changes one of an interaction's messages.
pub(crate) fn edit(state: &mut State, token: &str, which: &str, draft: &Draft) -> Result<MessageId, DiscordError> {
    let (interaction, id) = find(state, token, which)?;
    settle(state, &interaction, id, draft)?;
    Ok(id)
}

/// Deletes one of an interaction's messages.
pub(crate) fn delete(state: &mut State, token: &str, which: &str) -> Result<(), DiscordError> {
    let (interaction, id) = find(state, token, which)?;
    remove(state, interaction.channel, id);
    Ok(())
}

/// Writes a draft over a message; a deferred answer stops loading by it.
fn settle(state: &mut State, interaction: &Interaction, id: MessageId, draft: &Draft) -> Result<(), DiscordError> {
    // An answer that only stops loading has not been edited: people see no mark on it.
    let loading = state.world.message(interaction.channel, id).is_some_and(Message::is_loading);
    if !loading {
        return rewrite(state, interaction.channel, id, draft);
    }
    let known = state.world.message(interaction.channel, id).ok_or_else(DiscordError::unknown_message)?;
    let mut message = known.clone();
    fill(state, &mut message, draft)?;
    message.flags &= !flags::LOADING;
    state.world.messages.entry(interaction.channel).or_default().insert(id, message);
    state.emit_message("MESSAGE_UPDATE", interaction.channel, id);
    Ok(())
}

fn post(state: &mut State, interaction: &Interaction, draft: &Draft, loading: bool) -> Result<MessageId, DiscordError> {
    let id = MessageId::new(state.world.clock.id());
    let bot = state.world.bot;
    let mut message = Message::new(id, interaction.channel, bot, timestamp_ms(id.get()));
    message.interaction = Some(interaction.id);
    message.kind = if interaction.kind == 2 { 20 } else { 0 };
    let owner = interaction.guild.map_or_else(|| "0".to_owned(), |guild| guild.to_string());
    let mut metadata = json!({
        "id": interaction.id, "type": interaction.kind, "user": state.world.user_json(interaction.user),
        "authorizing_integration_owners": {"0": owner},
    });
    if let (Some(source), Value::Object(fields)) = (interaction.source, &mut metadata) {
        fields.insert("interacted_message_id".to_owned(), json!(source));
    }
    message.interaction_metadata = Some(metadata);
    if loading {
        message.flags |= flags::LOADING;
    } else {
        fill(state, &mut message, draft)?;
    }
    // An ephemeral answer is the user's alone, and not part of the channel for anybody else.
    if draft.flags.is_some_and(|given| given & flags::EPHEMERAL != 0) {
        message.flags |= flags::EPHEMERAL;
        message.ephemeral_for = Some(interaction.user);
    }
    insert(state, message);
    Ok(id)
}
