//! Clicks on the buttons under answers, each with a file of its own. A click finds what it needs in the button's id, in
//! the answer and on Discord, so any instance can act on it at any time.

mod again;
mod delete;
mod feedback;
mod parts;
mod server;
mod sources;

use crate::{
    ask::QuestionService,
    discord::{
        accept::{Accepted, accept},
        model::{Cache, ComponentInteraction, Permissions, UserId},
        rest::{Ack, InteractionRef, Rest},
    },
    reply::Button,
};

/// The answer to a click by anybody else.
const NOT_YOURS: &str = "Only the person who asked and members who may manage messages here can do that.";
/// The answer to a click on an answer whose question was deleted.
const LOST: &str = "I cannot find that question any more. Please ask it again.";

/// Does what a click asks for.
pub(crate) async fn run(questions: &QuestionService, cache: &Cache, click: &ComponentInteraction) {
    match Button::of(&click.data.custom_id) {
        Some(Button::Good(query)) => feedback::run(questions, click, &query, rtfm_shared::event::Verdict::Good).await,
        Some(Button::Bad(query)) => feedback::run(questions, click, &query, rtfm_shared::event::Verdict::Bad).await,
        Some(Button::Regenerate(again)) => again::run(questions, cache, click, &again).await,
        Some(Button::Sources(parts)) => sources::run(questions, cache, click, &parts).await,
        Some(Button::Delete(parts)) => delete::run(questions, click, &parts).await,
        Some(Button::Server(from, original)) => server::run(questions, cache, click, from, original).await,
        None => tracing::warn!(id = click.data.custom_id, "click on an unknown button"),
    }
}

/// Answers a click first, and says whether this instance does what it asks for.
async fn accept_click(rest: &Rest, click: &ComponentInteraction, ack: &Ack<'_>) -> bool {
    match accept(rest, InteractionRef::from(click), ack).await {
        Ok(accepted) => accepted == Accepted::Own,
        Err(error) => {
            tracing::warn!(interaction = %click.id, %error, "failed to accept a click");
            false
        }
    }
}

/// Says more to the person who clicked.
async fn tell(rest: &Rest, click: &ComponentInteraction, words: &str) {
    if let Err(error) = rest.follow_up(click.application_id, &click.token, &words.into(), true).await {
        tracing::warn!(interaction = %click.id, %error, "failed to answer a click");
    }
}

/// Whether a person may regenerate or delete an answer: the asker, or a moderator.
fn may_change(click: &ComponentInteraction, asker: Option<UserId>) -> bool {
    let rights = click.member.as_ref().and_then(|member| member.permissions);
    asker == Some(click.user.id) || rights.is_some_and(|rights| rights.contains(Permissions::MANAGE_MESSAGES))
}
