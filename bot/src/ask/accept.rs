//! Accepting an interaction: Discord wants to hear within three seconds that an answer will come. Where its own
//! answer to that is lost it is said again, for the second time does no harm.

use crate::rest::{Ack, Rest, RestError, Ticket, code, retries, worth_retrying};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long Discord waits.
const IN_TIME: Duration = Duration::from_secs(3);
/// How long one attempt may take, so that there is time for another.
const ATTEMPT: Duration = Duration::from_millis(1200);

/// Whose an interaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// This instance's.
    Own,
    /// Another's, or one that was heard before.
    Others,
}

/// Answers an interaction first.
pub(crate) async fn accept(rest: &Rest, ticket: Ticket<'_>, ack: &Ack<'_>) -> Result<Accepted, RestError> {
    let until = Instant::now() + IN_TIME;
    let mut delays = retries();
    let mut tried = false;
    loop {
        let attempt = timeout(ATTEMPT, rest.acknowledge(ticket, ack)).await;
        let error = match attempt.unwrap_or(Err(RestError::TimedOut)) {
            Ok(()) => return Ok(Accepted::Own),
            Err(error) if error.code() == Some(code::ALREADY_ACKNOWLEDGED) => {
                // After a failure it may well have been this instance.
                return Ok(if tried { Accepted::Own } else { Accepted::Others });
            }
            Err(error) => error,
        };
        tried = true;
        let delay = delays.next().unwrap_or_default();
        if !worth_retrying(&error) || Instant::now() + delay >= until {
            return Err(error);
        }
        tokio::time::sleep(delay).await;
    }
}

/// Says something to the one who used a command or clicked, alone.
pub(crate) async fn whisper(rest: &Rest, ticket: Ticket<'_>, words: &str) {
    if let Err(error) = accept(rest, ticket, &Ack::Whisper(words)).await {
        tracing::warn!(interaction = %ticket.id, %error, "cannot answer an interaction");
    }
}
