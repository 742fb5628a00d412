//! Blocking calls to the cluster, repeated while it settles.

use rdkafka::error::{KafkaError, KafkaResult};
use std::time::{Duration, Instant};

/// Repeats `call` every `pause` while `passes` says that its error will pass, for `patience` at most. Returns the
/// first success or the last error. Blocks.
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
