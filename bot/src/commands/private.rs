//! Commands whose answers only their users see: accepted within Discord's three seconds, answered when there is
//! something to say.

use crate::rest::{Rest, RestError, code, retries, worth_retrying};
use serenity::model::application::CommandInteraction;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long Discord waits to hear that an answer will come.
const IN_TIME: Duration = Duration::from_secs(3);
/// How long one attempt may take, so that there is time for another.
const ATTEMPT: Duration = Duration::from_millis(1200);
/// How long an answer is tried to be shown.
const PATIENCE: Duration = Duration::from_secs(60);

/// Accepts a command; whether this instance is the one that answers it.
pub(super) async fn accept(rest: &Rest, command: &CommandInteraction) -> bool {
    let mut attempts = Attempts::within(IN_TIME);
    let error = loop {
        let error = match timeout(ATTEMPT, rest.defer_privately(command)).await.unwrap_or(Err(RestError::TimedOut)) {
            Ok(()) => return true,
            // An attempt before worked after all. On the first, another instance was sooner.
            Err(error) if error.code() == Some(code::ALREADY_ACKNOWLEDGED) => return attempts.failed > 0,
            Err(error) => error,
        };
        if !attempts.another(&error).await {
            break error;
        }
    };
    tracing::warn!(interaction = %command.id, %error, "cannot accept a command");
    false
}

/// Shows what there is to say.
pub(super) async fn answer(rest: &Rest, command: &CommandInteraction, text: &str) {
    let mut attempts = Attempts::within(PATIENCE);
    while let Err(error) = rest.edit_original(command.application_id, &command.token, text).await {
        if !attempts.another(&error).await {
            return tracing::warn!(interaction = %command.id, %error, "cannot answer a command");
        }
    }
}

/// Tries within a time.
struct Attempts {
    until: Instant,
    delays: Box<dyn Iterator<Item = Duration> + Send>,
    failed: usize,
}

impl Attempts {
    fn within(time: Duration) -> Self {
        Self { until: Instant::now() + time, delays: Box::new(retries()), failed: 0 }
    }

    /// Waits before another attempt; whether there may be one.
    async fn another(&mut self, error: &RestError) -> bool {
        self.failed += 1;
        let delay = self.delays.next().unwrap_or_default();
        if !worth_retrying(error) || Instant::now() + delay >= self.until {
            return false;
        }
        tokio::time::sleep(delay).await;
        true
    }
}
