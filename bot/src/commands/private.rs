//! Commands whose answers only their users see: accepted within Discord's three seconds, answered when
//! the work is done.

use crate::discord::{
    accept::{self, Accepted},
    model::CommandInteraction,
    rest::{Ack, MessageBody, Rest},
    retry::{until, worth_retrying},
};
use backon::Retryable;
use std::time::Duration;
use tokio::time::Instant;

/// How long showing an answer is retried.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Accepts a command; whether this instance is the one that answers it.
pub(super) async fn accept(rest: &Rest, command: &CommandInteraction) -> bool {
    match accept::accept(rest, command.into(), &Ack::DeferPrivately).await {
        Ok(accepted) => accepted == Accepted::Own,
        Err(error) => {
            tracing::warn!(interaction = %command.id, %error, "failed to accept a command");
            false
        }
    }
}

pub(super) async fn answer(rest: &Rest, command: &CommandInteraction, text: &str) {
    let body = MessageBody::from(text);
    let answered = || rest.edit_original(command.application_id, &command.token, &body);
    if let Err(error) = answered.retry(until(Instant::now() + ANSWER_TIMEOUT)).when(worth_retrying).await {
        tracing::warn!(interaction = %command.id, %error, "failed to answer a command");
    }
}
