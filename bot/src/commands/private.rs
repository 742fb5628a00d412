//! Commands whose answers only their users see: accepted within Discord's three seconds, answered when there is
//! something to say.

use crate::{
    ask::{self, Accepted},
    rest::{Ack, Rest, retries, worth_retrying},
};
use serenity::model::application::CommandInteraction;
use std::time::Duration;
use tokio::time::Instant;

/// How long an answer is tried to be shown.
const PATIENCE: Duration = Duration::from_secs(60);

/// Accepts a command; whether this instance is the one that answers it.
pub(super) async fn accept(rest: &Rest, command: &CommandInteraction) -> bool {
    match ask::accept(rest, command.into(), &Ack::LaterPrivately).await {
        Ok(accepted) => accepted == Accepted::Own,
        Err(error) => {
            tracing::warn!(interaction = %command.id, %error, "cannot accept a command");
            false
        }
    }
}

/// Shows what there is to say.
pub(super) async fn answer(rest: &Rest, command: &CommandInteraction, text: &str) {
    let (until, mut delays) = (Instant::now() + PATIENCE, retries());
    while let Err(error) = rest.edit_original(command.application_id, &command.token, &text.into()).await {
        let delay = delays.next().unwrap_or_default();
        if !worth_retrying(&error) || Instant::now() + delay >= until {
            return tracing::warn!(interaction = %command.id, %error, "cannot answer a command");
        }
        tokio::time::sleep(delay).await;
    }
}
