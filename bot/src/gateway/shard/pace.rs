//! How fast a shard tries again: at once after a connection that held, ever more slowly after those that did not.

use crate::gateway::{chance, times::GatewayTimes};
use std::time::Duration;

/// The attempts of one shard.
#[derive(Debug)]
pub(crate) struct Pace {
    times: GatewayTimes,
    failures: u32,
}

impl Pace {
    /// Nothing has failed yet.
    pub(crate) fn new(times: GatewayTimes) -> Self {
        Self { times, failures: 0 }
    }

    /// How many attempts in a row have failed.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// How long to wait after a connection that was a session's for so long; not at all for one that never was.
    pub(crate) fn wait(&mut self, held: Option<Duration>) -> Duration {
        if held.is_some_and(|held| held >= self.times.good) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        let Some(doublings) = self.failures.checked_sub(2) else {
            // The first loss of a connection is mostly one of many shards' and bots': they do not return together.
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

    /// How many attempts fit into so long when every one fails at once.
    fn attempts(within: Duration) -> usize {
        let mut pace = Pace::new(GatewayTimes::default());
        let mut time = Duration::ZERO;
        let mut attempts = 0;
        while time < within {
            time += pace.wait(None);
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
        let mut pace = Pace::new(times);
        for _ in 0..20 {
            pace.wait(Some(times.good / 2));
        }
        assert!(pace.wait(None) >= times.longest_retry / 2);
        assert!(pace.wait(Some(times.good)) <= times.first_retry / 4);
        assert!(pace.wait(None) >= times.first_retry / 2, "but only the first");
    }
}
