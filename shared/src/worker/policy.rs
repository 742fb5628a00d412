//! How a worker works: how much at once, how often again, how long to wait.

use std::time::Duration;

/// The numbers of one worker.
#[derive(Clone, Debug)]
pub struct WorkerPolicy {
    /// The pipeline's name, for instance `rtfm/index`: in logs, in dead letters, and as the label of its
    /// circuit breaker.
    pub name: String,
    /// How many lanes are handled at once. A lane that waits for a retry does not count.
    pub concurrency: usize,
    /// The most records of one lane per call of the handler. A batch is what has collected while the one
    /// before it was handled; nothing waits for it to fill.
    pub batch: usize,
    /// The most records of one partition in memory; above it the partition is paused.
    pub max_in_flight: usize,
    /// The most bytes of one partition in memory, keys, values and headers together with what holding them takes; above it the partition is
    /// paused. The record that goes beyond is still taken.
    pub max_bytes_in_flight: usize,
    /// How often finished work is committed.
    pub commit_interval: Duration,
    /// How often a record is tried before a transient failure counts as permanent.
    pub max_attempts: u32,
    /// Around how long to wait before the second attempt; it doubles from there.
    pub retry_delay: Duration,
    /// The longest wait between two attempts, and between two probes of a dependency that is away.
    pub longest_delay: Duration,
    /// How long what is under way may take when a partition is revoked or the worker is to end.
    pub drain_deadline: Duration,
}

impl WorkerPolicy {
    /// The usual numbers, for the pipeline of this name.
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
