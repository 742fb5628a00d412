//! Waits while the cluster settles.

use crate::bus::BusError;
use rdkafka::error::{KafkaError, KafkaResult};
use std::time::{Duration, Instant};

/// Polling interval while a change propagates.
pub(super) const LOOK: Duration = Duration::from_millis(50);
/// How long a change may take to propagate.
const ARRIVAL: Duration = Duration::from_secs(30);

/// Repeats `call` every `pause` for up to `patience` while `passes` says that the error is temporary. Returns the first
/// success or the last error. Blocks.
pub(super) fn while_passing<T>(
    patience: Duration,
    pause: Duration,
    mut call: impl FnMut() -> KafkaResult<T>,
    mut passes: impl FnMut(&KafkaError) -> bool,
) -> KafkaResult<T> {
    let deadline = Instant::now() + patience;
    loop {
        match call() {
            Err(error) if Instant::now() < deadline && passes(&error) => std::thread::sleep(pause),
            done => return done,
        }
    }
}

/// Waits until a change has propagated, which `look` finds out; `otherwise` says what did not happen.
pub(super) async fn until_arrived<F: Future<Output = Result<bool, BusError>> + Send>(
    otherwise: &str,
    mut look: impl FnMut() -> F + Send,
) -> Result<(), BusError> {
    let deadline = tokio::time::Instant::now() + ARRIVAL;
    while !look().await? {
        if tokio::time::Instant::now() > deadline {
            return Err(BusError::Unavailable(otherwise.to_owned()));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
