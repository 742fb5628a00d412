//! Retry delays: exponential, bounded, with jitter.

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// An endless series of delays that doubles from about `first` up to `longest`. Jitter keeps many waiters out of step.
/// It is an iterator, as backon's loop takes one: `attempt.retry(Backoff::new(first, longest)).when(may_pass)`.
#[derive(Debug)]
pub struct Backoff {
    builder: ExponentialBuilder,
    delays: ExponentialBackoff,
    longest: Duration,
}

impl Backoff {
    pub fn new(first: Duration, longest: Duration) -> Self {
        let builder = ExponentialBuilder::new()
            .with_min_delay(first)
            .with_max_delay(longest)
            .with_factor(2.0)
            .without_max_times()
            .with_jitter();
        Self { builder, delays: builder.build(), longest }
    }

    pub fn next_delay(&mut self) -> Duration {
        self.delays.next().map_or(self.longest, |delay| delay.min(self.longest))
    }

    /// Restarts the series after a success.
    pub fn reset(&mut self) {
        self.delays = self.builder.build();
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.next_delay())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_stay_bounded_and_begin_again() {
        let first = Duration::from_millis(100);
        let longest = Duration::from_secs(2);
        let mut backoff = Backoff::new(first, longest);
        let delays: Vec<_> = (0..40).map(|_| backoff.next_delay()).collect();
        assert!(delays.iter().all(|delay| (first..=longest).contains(delay)), "{delays:?}");
        assert!(delays[0] <= 2 * first, "{delays:?}");
        assert!(delays[10..].iter().all(|delay| *delay >= longest / 2), "{delays:?}");
        backoff.reset();
        assert!(backoff.next_delay() <= 2 * first);
    }

    #[test]
    fn two_waiters_do_not_come_back_in_step() {
        let delays = || {
            let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(100));
            (0..8).map(|_| backoff.next_delay()).collect::<Vec<_>>()
        };
        assert_ne!(delays(), delays());
    }
}
