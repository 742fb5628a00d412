//! Accepting a command: Discord wants to hear within three seconds that an answer will come. Where its own
//! answer to that is lost it is said again, for the second time does no harm.

use crate::rest::{Rest, RestError, code, retries, worth_retrying};
use serenity::model::application::CommandInteraction;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long Discord waits.
const IN_TIME: Duration = Duration::from_secs(3);
/// How long one attempt may take, so that there is time for another.
const ATTEMPT: Duration = Duration::from_millis(1200);

/// Makes a command wait for its answer.
pub(super) async fn accept(rest: &Rest, command: &CommandInteraction) -> Result<(), RestError> {
    let until = Instant::now() + IN_TIME;
    let mut delays = retries();
    loop {
        let error = match timeout(ATTEMPT, rest.defer(command)).await.unwrap_or(Err(RestError::TimedOut)) {
            Ok(()) => return Ok(()),
            // An attempt before worked after all; or another instance was first, which asks the same
            // question, so that asking it too changes nothing.
            Err(error) if error.code() == Some(code::ALREADY_ACKNOWLEDGED) => return Ok(()),
            Err(error) => error,
        };
        let delay = delays.next().unwrap_or_default();
        if !worth_retrying(&error) || Instant::now() + delay >= until {
            return Err(error);
        }
        tokio::time::sleep(delay).await;
    }
}
