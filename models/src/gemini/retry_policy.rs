//! How often to try and how long to wait in between.

use super::GeminiError;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// A policy of retries: exponential, jittered, and bounded in number and in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many requests at most, the first included.
    pub attempts: usize,
    /// The first wait; each further one is twice as long. Jitter adds up to as much again.
    pub initial: Duration,
    /// No wait is longer than this before jitter, unless the API asks for it.
    pub longest: Duration,
    /// The most time spent waiting altogether. When the API asks for more, it is given up at once.
    pub patience: Duration,
}

impl RetryPolicy {
    /// For work that somebody waits for.
    pub const INTERACTIVE: Self = Self {
        attempts: 3,
        initial: Duration::from_millis(250),
        longest: Duration::from_secs(2),
        patience: Duration::from_secs(6),
    };

    /// For work that nobody waits for: a minute's quota is waited out.
    pub const BACKGROUND: Self = Self {
        attempts: 5,
        initial: Duration::from_millis(500),
        longest: Duration::from_secs(8),
        patience: Duration::from_secs(75),
    };

    /// The attempts of one piece of work.
    pub(crate) fn start(&self) -> Attempts {
        let delays = ExponentialBuilder::new()
            .with_min_delay(self.initial)
            .with_max_delay(self.longest.max(self.initial))
            .with_factor(2.0)
            .with_max_times(self.attempts.saturating_sub(1))
            .with_jitter()
            .build();
        Attempts { delays, patience: self.patience }
    }
}

/// Counts the attempts of one piece of work.
#[derive(Debug)]
pub(crate) struct Attempts {
    delays: ExponentialBackoff,
    patience: Duration,
}

impl Attempts {
    /// How long to wait before the next attempt after this error; `None` when there should be none.
    pub(crate) fn after(&mut self, error: &GeminiError) -> Option<Duration> {
        let GeminiError::Transient { retry_after, .. } = error else { return None };
        let delay = self.delays.next()?;
        // The jittered delay comes on top of what the API asked for, so that many who were told to
        // wait for the same instant don't all come back in it.
        let delay = retry_after.unwrap_or_default().saturating_add(delay);
        self.patience = self.patience.checked_sub(delay)?;
        Some(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transient(retry_after: Option<u64>) -> GeminiError {
        GeminiError::Transient { message: String::new(), retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn attempts_are_bounded_and_delays_grow_with_jitter() {
        let policy = RetryPolicy {
            attempts: 4,
            initial: Duration::from_millis(100),
            longest: Duration::from_millis(200),
            patience: Duration::from_secs(60),
        };
        let mut attempts = policy.start();
        for base in [100, 200, 200] {
            let delay = attempts.after(&transient(None)).unwrap().as_millis();
            assert!((base..=2 * base).contains(&delay), "{delay} is not {base} with jitter");
        }
        assert_eq!(attempts.after(&transient(None)), None);
    }

    #[test]
    fn what_the_api_asks_for_is_waited_only_within_patience() {
        let mut attempts = RetryPolicy { patience: Duration::from_secs(40), ..RetryPolicy::BACKGROUND }.start();
        let delay = attempts.after(&transient(Some(33))).unwrap();
        assert!(delay >= Duration::from_secs(33), "{delay:?}");
        assert_eq!(attempts.after(&transient(Some(33))), None, "the second wait no longer fits");
    }

    #[test]
    fn nothing_but_transient_failures_is_tried_again() {
        let mut attempts = RetryPolicy::BACKGROUND.start();
        assert_eq!(attempts.after(&GeminiError::Permanent { status: 400, message: String::new() }), None);
        assert_eq!(attempts.after(&GeminiError::Blocked("SAFETY".to_owned())), None);
    }
}
