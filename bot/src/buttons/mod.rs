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
    discord::model::{Cache, ComponentInteraction, Permissions, UserId},
    reply::Button,
};

/// The answer to a click by anybody else.
const NOT_YOURS: &str = "Only the person who asked and members who may manage messages here can do that.";

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

/// Whether a person may regenerate or delete an answer: the asker, or a moderator.
fn may_change(click: &ComponentInteraction, asker: Option<UserId>) -> bool {
    let rights = click.member.as_ref().and_then(|member| member.permissions);
    asker == Some(click.user.id) || rights.is_some_and(|rights| rights.contains(Permissions::MANAGE_MESSAGES))
}
