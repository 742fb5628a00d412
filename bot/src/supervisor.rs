//! Keeps a gateway session alive: begins it anew, ever more slowly, when it breaks, and gives up only on
//! what a person must mend.

use crate::{
    BotConfig, BotError,
    gateway::{
        Link,
        session::{self, End},
    },
};
use backon::{BackoffBuilder, ExponentialBuilder};
use std::{time::Duration, time::Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A session that held for so long was a good one: the next failure starts from the beginning.
const GOOD: Duration = Duration::from_secs(300);
const FIRST: Duration = Duration::from_secs(2);
/// Discord allows a thousand new sessions a day; this stays far below.
const LONGEST: Duration = Duration::from_secs(300);

/// Runs sessions until `stop` is cancelled.
pub(crate) async fn supervise(
    config: &BotConfig,
    events: mpsc::UnboundedSender<crate::gateway::Heard>,
    link: &Link,
    stop: CancellationToken,
) -> Result<(), BotError> {
    let mut delays = delays();
    loop {
        let began = Instant::now();
        let why = match session::run(config, events.clone(), link, stop.clone()).await? {
            End::Stopped => return Ok(()),
            End::Fatal(error) => return Err(error),
            End::Broken { why, was_connected } => {
                if was_connected && began.elapsed() > GOOD {
                    delays = self::delays();
                }
                why
            }
        };
        let delay = delays.next().unwrap_or(LONGEST);
        metrics::counter!("rtfm_discord_sessions_broken_total").increment(1);
        tracing::warn!(why, delay = ?delay, "the connection to Discord broke; it is made anew");
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

fn delays() -> Box<dyn Iterator<Item = Duration> + Send> {
    let backoff = ExponentialBuilder::default().with_min_delay(FIRST).with_max_delay(LONGEST).with_jitter();
    Box::new(backoff.without_max_times().build())
}
