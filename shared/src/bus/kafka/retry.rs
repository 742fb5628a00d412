//! Retries blocking calls while the cluster settles.

use rdkafka::error::{KafkaError, KafkaResult};
use std::time::{Duration, Instant};

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
