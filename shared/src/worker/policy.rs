//! Limits, retries and deadlines of a worker.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct WorkerPolicy {
    /// The pipeline's name, for instance `rtfm/index`: in logs and dead letters, and the label of its circuit breaker.
    pub name: String,
    /// Lanes handled at once. A lane that waits for a retry does not count.
    pub concurrency: usize,
    /// Records of one lane per call of the handler. A batch takes what arrived during the one before; it does not wait
    /// to fill.
    pub batch: usize,
    /// Records of one partition in memory, above which the partition is paused.
    pub max_in_flight: usize,
    /// Bytes of one partition's records in memory (keys, values, headers and overhead), above which the partition is
    /// paused. The record that exceeds it is still accepted.
    pub max_bytes_in_flight: usize,
    pub commit_interval: Duration,
    /// Attempts before a transient failure counts as permanent.
    pub max_attempts: u32,
    /// Approximate delay before the second attempt; it doubles from there.
    pub retry_delay: Duration,
    /// Longest delay between two attempts, and between two probes of a dependency that is down.
    pub longest_delay: Duration,
    /// How long records in flight may take after a revocation or at shutdown.
    pub drain_deadline: Duration,
}

impl WorkerPolicy {
    /// The defaults for the pipeline of this name.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            concurrency: 16,
            batch: 1,
            max_in_flight: 512,
            // Some thousand ordinary messages, or sixteen of the largest records.
            max_bytes_in_flight: 16 << 20,
            commit_interval: Duration::from_millis(500),
            max_attempts: 8,
            retry_delay: Duration::from_millis(200),
            longest_delay: Duration::from_secs(30),
            drain_deadline: Duration::from_secs(8),
        }
    }
}
