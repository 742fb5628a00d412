//! The menu "Which server?" in a direct message: what is chosen is where the question is asked.

use super::{id::From, parts};
use crate::{
    ask::{
        Accepted, Asker, Desk, Direct, accept, query_of_command, query_of_message, read_about, read_message,
        read_quote, whisper,
    },
    reply::{Place, SEARCHING},
    rest::{Ack, Ticket},
};
use serenity::{
    cache::Cache,
    model::{
        application::{ComponentInteraction, ComponentInteractionDataKind},
        id::{GuildId, MessageId},
    },
};
use tokio::time::Instant;
use tracing::Span;

const LOST: &str = "I cannot find that question any more. Please ask it again.";

pub(super) async fn run(desk: &Desk, cache: &Cache, click: &ComponentInteraction, from: From, original: u64) {
    let (rest, ticket, until) = (&desk.rest, Ticket::from(click), Instant::now() + desk.deadline);
    let ComponentInteractionDataKind::StringSelect { values } = &click.data.kind else { return };
    let chosen = values.first().and_then(|id| id.parse().ok()).filter(|id| *id != 0).map(GuildId::new);
    let Some(guild) = chosen else { return };
    let message = MessageId::new(original);
    let id = match from {
        From::Message => query_of_message(message),
        From::Quote | From::About => query_of_command(click.message.id.get()),
    };
    Span::current().record("query_id", &id.0);
    let asker = Asker::of_click(click);
    if let Err(refusal) = desk.admit(cache, &asker, Some(&id)).await {
        return whisper(rest, ticket, &refusal.to_string()).await;
    }
    // The menu goes at once, so that nobody chooses twice.
    match accept(rest, ticket, &Ack::Instead(SEARCHING.into())).await {
        Ok(Accepted::Own) => {}
        Ok(Accepted::Others) => return,
        Err(error) => return tracing::warn!(interaction = %click.id, %error, "cannot accept a choice"),
    }
    let asked = match from {
        From::Quote => read_quote(&click.message.content),
        From::Message => read_message(desk, cache, &asker, message).await,
        From::About => read_about(desk, cache, &asker, message).await,
    };
    let private = parts::is_private(click);
    let (channel, application) = (click.channel_id, click.application_id);
    let place = if private {
        Place::Interaction { channel, application, token: click.token.clone(), private }
    } else {
        Place::Placeholder { channel, message: click.message.id }
    };
    let Some(asked) = asked else {
        if let Err(error) = place.write(rest, &LOST.into()).await {
            tracing::warn!(interaction = %click.id, %error, "cannot answer a choice");
        }
        return;
    };
    let direct = Direct { id, from, original, asked, place, private, until };
    desk.ask_directly(cache, asker, direct, Some(guild)).await;
}
