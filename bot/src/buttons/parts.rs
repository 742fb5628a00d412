//! The messages that an answer consists of.

use crate::{
    discord::{
        model::{ComponentInteraction, InteractionId, Message, MessageFlags, MessageInteractionMetadata},
        rest::{Rest, RestError, code},
    },
    reply::AnswerParts,
};

/// Whether only one person sees the clicked answer.
pub(super) fn is_private(click: &ComponentInteraction) -> bool {
    click.message.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL))
}

/// The first message of an answer, as it reads now; none when it is deleted.
pub(super) async fn head(
    rest: &Rest,
    click: &ComponentInteraction,
    parts: &AnswerParts,
) -> Result<Option<Message>, RestError> {
    if is_private(click) {
        return Ok(parts.head.is_none().then(|| (*click.message).clone()));
    }
    match rest.message(click.channel_id, parts.head.unwrap_or(click.message.id)).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => Ok(None),
        // Commands work where the bot sees nothing; the click brings along what it was on.
        Err(error) if parts.head.is_none() && error.is_closed_there() => Ok(Some((*click.message).clone())),
        Err(error) => Err(error),
    }
}

/// The parts after the first, in order; the one that was clicked is among them wherever there are several.
pub(super) async fn others(
    rest: &Rest,
    click: &ComponentInteraction,
    parts: &AnswerParts,
    head: Option<&Message>,
) -> Vec<Message> {
    let Some(id) = parts.head else { return Vec::new() };
    let clicked = (*click.message).clone();
    // Without the right to read history, the parts between are not known.
    let between = match rest.after(click.channel_id, id).await {
        Ok(messages) if !is_private(click) => messages,
        _ => Vec::new(),
    };
    let command = head.and_then(interaction);
    let mut others: Vec<Message> = between
        .into_iter()
        .filter(|message| message.author.id == click.message.author.id && message.id < clicked.id)
        .filter(|message| {
            let replies = message.message_reference.as_ref().and_then(|to| to.message_id) == Some(id);
            replies || (command.is_some() && interaction(message) == command)
        })
        .collect();
    others.sort_by_key(|message| message.id);
    others.push(clicked);
    others
}

/// The command that a message answers.
fn interaction(message: &Message) -> Option<InteractionId> {
    match message.interaction_metadata.as_deref()? {
        MessageInteractionMetadata::Command(command) => Some(command.id),
        MessageInteractionMetadata::Component(click) => Some(click.id),
        _ => None,
    }
}
