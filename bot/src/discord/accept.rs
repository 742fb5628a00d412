//! The first answer to an interaction, which Discord wants within three seconds. A lost one is repeated, which
//! is harmless.

use super::{
    rest::{Ack, InteractionRef, Rest, RestError, code},
    retry::{until, worth_retrying},
};
use backon::Retryable;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// How long Discord waits.
const IN_TIME: Duration = Duration::from_secs(3);
/// How long one attempt may take, so that there is time for another.
const ATTEMPT: Duration = Duration::from_millis(1200);

/// Who answers an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    Own,
    /// Another instance, or this one before.
    Others,
}

/// Answers an interaction first.
pub(crate) async fn accept(rest: &Rest, interaction: InteractionRef<'_>, ack: &Ack<'_>) -> Result<Accepted, RestError> {
    let tried = AtomicBool::new(false);
    let attempt = || async {
        let acknowledged = timeout(ATTEMPT, rest.acknowledge(interaction, ack)).await;
        let was_tried = tried.swap(true, Ordering::Relaxed);
        match acknowledged.unwrap_or(Err(RestError::TimedOut)) {
            Ok(()) => Ok(Accepted::Own),
            // After a failed attempt of this instance it may well have been that one.
            Err(error) if error.code() == Some(code::ALREADY_ACKNOWLEDGED) => {
                Ok(if was_tried { Accepted::Own } else { Accepted::Others })
            }
            Err(error) => Err(error),
        }
    };
    attempt.retry(until(Instant::now() + IN_TIME)).when(worth_retrying).await
}

/// Answers an interaction with a message that only its user sees.
pub(crate) async fn reply_privately(rest: &Rest, interaction: InteractionRef<'_>, text: &str) {
    if let Err(error) = accept(rest, interaction, &Ack::Private(text)).await {
        tracing::warn!(interaction = %interaction.id, %error, "failed to answer an interaction");
    }
}
