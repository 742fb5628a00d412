//! Measures calls to something that may fail: their number by operation and outcome, and their time.

use metrics::{counter, histogram};
use std::time::Instant;

/// A call in progress. One that is dropped before its end, because its caller no longer waits, counts as cancelled.
#[derive(Debug)]
pub struct CallTimer {
    calls: &'static str,
    duration: &'static str,
    operation: &'static str,
    outcome: &'static str,
    since: Instant,
}

impl CallTimer {
    /// Starts a call. The counter `calls` gets the labels `operation` and `outcome`; the histogram `duration` gets the
    /// call's seconds by `operation`.
    pub fn start(calls: &'static str, duration: &'static str, operation: &'static str) -> Self {
        Self { calls, duration, operation, outcome: "cancelled", since: Instant::now() }
    }

    /// Ends the call with this outcome: a fixed word, never anything that a record says.
    pub fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for CallTimer {
    fn drop(&mut self) {
        counter!(self.calls, "operation" => self.operation, "outcome" => self.outcome).increment(1);
        histogram!(self.duration, "operation" => self.operation).record(self.since.elapsed().as_secs_f64());
    }
}
