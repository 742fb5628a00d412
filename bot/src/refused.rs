//! A pause between Discord's final refusal and the end of the process, for supervisors that restart it at once. Discord
//! counts the attempts, and takes the token away from a bot that identifies more than a thousand times a day.

use crate::BotError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Logs what an operator must fix and waits, if Discord refused for good; ends at once when `shutdown` is
/// cancelled.
pub(crate) async fn pause(ended: &Result<(), BotError>, pause: Duration, shutdown: &CancellationToken) {
    let Err(error) = ended else { return };
    if !error.is_refusal() || pause.is_zero() {
        return;
    }
    tracing::error!(%error, ?pause, "Discord refuses this bot; it ends after a pause (DISCORD_REFUSED_PAUSE_SECONDS)");
    shutdown.run_until_cancelled(tokio::time::sleep(pause)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    const LONG: Duration = Duration::from_secs(86_400);

    fn waits(ended: Result<(), BotError>, pause: Duration, shutdown: &CancellationToken) -> bool {
        super::pause(&ended, pause, shutdown).now_or_never().is_none()
    }

    #[tokio::test]
    async fn only_a_refusal_is_waited_for_and_never_after_the_signal_to_end() {
        let running = CancellationToken::new();
        let shards = BotError::Shards { count: 1, recommended: 2 };
        for refusal in [BotError::InvalidToken, BotError::IntentNotAllowed, BotError::GatewayVersion, shards] {
            assert!(waits(Err(refusal), LONG, &running));
        }
        assert!(!waits(Err(BotError::InvalidToken), Duration::ZERO, &running), "the default");
        assert!(!waits(Err(BotError::Discord("away".to_owned())), LONG, &running));
        assert!(!waits(Ok(()), LONG, &running));
        // It has an end of its own, too.
        super::pause(&Err(BotError::InvalidToken), Duration::from_millis(1), &running).await;
        running.cancel();
        assert!(!waits(Err(BotError::InvalidToken), LONG, &running));
    }
}
