//! Delete: the asker or a moderator takes an answer away, all parts of it.

use super::{NOT_YOURS, accept_click, may_change, parts, tell};
use crate::{
    ask::QuestionService,
    discord::{
        accept::reply_privately,
        model::ComponentInteraction,
        rest::{Ack, InteractionRef, RestError, code},
    },
    reply::AnswerParts,
};

const LEFT: &str = "I could not delete the whole answer. Please try again, or ask a moderator.";

pub(super) async fn run(questions: &QuestionService, click: &ComponentInteraction, of: &AnswerParts) {
    let rest = &questions.rest;
    if !may_change(click, of.asker) {
        return reply_privately(rest, InteractionRef::from(click), NOT_YOURS).await;
    }
    if !accept_click(rest, click, &Ack::DeferUpdate).await {
        return;
    }
    if let Err(error) = delete(questions, click, of).await {
        tracing::warn!(interaction = %click.id, %error, "failed to delete an answer");
        tell(rest, click, LEFT).await;
    }
}

async fn delete(questions: &QuestionService, click: &ComponentInteraction, of: &AnswerParts) -> Result<(), RestError> {
    let rest = &questions.rest;
    if parts::is_private(click) {
        return gone(rest.delete_original(click.application_id, &click.token).await);
    }
    let head = parts::head(rest, click, of).await?;
    // The one with the buttons goes last, so that what fails can be tried again.
    let others = parts::others(rest, click, of, head.as_ref()).await;
    for message in head.iter().chain(&others) {
        match gone(rest.delete(click.channel_id, message.id).await) {
            // Where the bot sees nothing, the click lets it change what was clicked.
            Err(error) if of.head.is_none() && error.is_closed_there() => {
                gone(rest.delete_original(click.application_id, &click.token).await)?;
            }
            other => other?,
        }
    }
    Ok(())
}

/// Deleted already is deleted.
pub(super) fn gone(result: Result<(), RestError>) -> Result<(), RestError> {
    match result {
        Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => Ok(()),
        other => other,
    }
}
