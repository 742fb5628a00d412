//! The buttons under answers: [`row`] puts them there, and each has a file for what a click does. All that a click
//! needs stands in the button's id ([`id`]), in the answer and on Discord, so any instance can act on it at any time.

mod again;
mod delete;
mod feedback;
mod id;
mod parts;
mod row;
mod sources;

use crate::ask::Desk;
use serenity::{
    cache::Cache,
    model::{Permissions, application::ComponentInteraction, id::UserId},
};

pub(crate) use id::Button;
pub(crate) use row::under;

/// What is said to those who may not.
const NOT_YOURS: &str = "Only who asked can do that, or somebody who may manage messages here.";

/// Does what a click asks for.
pub(crate) async fn run(desk: &Desk, cache: &Cache, click: &ComponentInteraction) {
    match Button::of(&click.data.custom_id) {
        Some(Button::Good(query)) => feedback::run(desk, click, &query, rtfm_shared::event::Verdict::Good).await,
        Some(Button::Bad(query)) => feedback::run(desk, click, &query, rtfm_shared::event::Verdict::Bad).await,
        Some(Button::Again(again)) => again::run(desk, cache, click, &again).await,
        Some(Button::Sources(parts)) => sources::run(desk, cache, click, &parts).await,
        Some(Button::Delete(parts)) => delete::run(desk, click, &parts).await,
        None => tracing::warn!(id = click.data.custom_id, "a click on a button that this version does not have"),
    }
}

/// Whether somebody may change or take away an answer: who asked, or a moderator.
fn may_change(click: &ComponentInteraction, asker: Option<UserId>) -> bool {
    let rights = click.member.as_ref().and_then(|member| member.permissions);
    asker == Some(click.user.id) || rights.is_some_and(|rights| rights.contains(Permissions::MANAGE_MESSAGES))
}
