//! The delay before a shard reconnects: short after a connection that held, growing with every failure in a row.

use crate::gateway::{chance, times::GatewayTimes};
use std::time::Duration;

/// Jittered exponential backoff over failed attempts in a row.
#[derive(Debug)]
pub(crate) struct ReconnectBackoff {
    times: GatewayTimes,
    failures: u32,
}

impl ReconnectBackoff {
    pub(crate) fn new(times: GatewayTimes) -> Self {
        Self { times, failures: 0 }
    }

    /// Failed attempts in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Delay before the next attempt. `held` is how long the last connection had a session, none if it never got one.
    pub(crate) fn wait(&mut self, held: Option<Duration>) -> Duration {
        if held.is_some_and(|held| held >= self.times.good) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        let Some(doublings) = self.failures.checked_sub(2) else {
            // A first loss often hits many shards and bots at once; jitter spreads their return.
            return chance::part_of(self.times.first_retry / 4);
        };
        let longest = self.times.longest_retry;
        let wait = self.times.first_retry.saturating_mul(2_u32.saturating_pow(doublings)).min(longest);
        wait / 2 + chance::part_of(wait / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attempts within this time if each one fails at once.
    fn attempts(within: Duration) -> usize {
        let mut backoff = ReconnectBackoff::new(GatewayTimes::default());
        let mut time = Duration::ZERO;
        let mut attempts = 0;
        while time < within {
            time += backoff.wait(None);
            attempts += 1;
        }
        attempts
    }

    #[test]
    fn a_gateway_that_cannot_be_reached_is_not_stormed() {
        for _ in 0..50 {
            let minute = attempts(Duration::from_secs(60));
            assert!((6..=10).contains(&minute), "{minute} attempts in a minute");
            let day = attempts(Duration::from_secs(86_400));
            assert!((500..1000).contains(&day), "{day} attempts in a day");
        }
    }

    #[test]
    fn after_a_connection_that_held_the_next_attempt_hardly_waits() {
        let times = GatewayTimes::default();
        let mut backoff = ReconnectBackoff::new(times);
        for _ in 0..20 {
            backoff.wait(Some(times.good / 2));
        }
        assert!(backoff.wait(None) >= times.longest_retry / 2);
        assert!(backoff.wait(Some(times.good)) <= times.first_retry / 4);
        assert!(backoff.wait(None) >= times.first_retry / 2, "but only the first");
    }
}
