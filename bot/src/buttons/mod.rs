//! The buttons under answers: [`row`] puts them there, and each has a file for what a click does. All that a click
//! needs stands in the button's id ([`id`]), in the answer and on Discord, so any instance can act on it at any time.

mod again;
mod delete;
mod feedback;
mod id;
mod parts;
mod row;
mod server;
mod sources;

use crate::{ask::Desk, reply::links};
use serenity::{
    cache::Cache,
    model::{
        Permissions,
        application::{ActionRowComponent, ButtonKind, ComponentInteraction},
        channel::Message,
        id::{GuildId, UserId},
    },
};

pub(crate) use id::From;
pub(crate) use row::{under, which_server};

use id::Button;

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
        Some(Button::Server(from, original)) => server::run(desk, cache, click, from, original).await,
        None => tracing::warn!(id = click.data.custom_id, "a click on a button that this version does not have"),
    }
}

/// The guild that an answer is about, from its links or its buttons.
pub(crate) fn guild_of(answer: &Message) -> Option<GuildId> {
    let linked = links(&answer.content).into_iter().find_map(|link| link.guild);
    linked.or_else(|| {
        buttons(answer).find_map(|button| match button {
            Button::Again(again) => again.guild,
            _ => None,
        })
    })
}

/// The bot's buttons on a message.
fn buttons(message: &Message) -> impl Iterator<Item = Button> {
    let components = message.components.iter().flat_map(|row| &row.components);
    components.filter_map(|component| match component {
        ActionRowComponent::Button(button) => match &button.data {
            ButtonKind::NonLink { custom_id, .. } => Button::of(custom_id),
            _ => None,
        },
        _ => None,
    })
}

/// Whether somebody may change or take away an answer: who asked, or a moderator.
fn may_change(click: &ComponentInteraction, asker: Option<UserId>) -> bool {
    let rights = click.member.as_ref().and_then(|member| member.permissions);
    asker == Some(click.user.id) || rights.is_some_and(|rights| rights.contains(Permissions::MANAGE_MESSAGES))
}
