//! How failed attempts are repeated. The loop is backon's: `attempt.retry(until(deadline)).when(worth_retrying)`.

use super::rest::RestError;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use rtfm_shared::resilience::{Class, Classify};
use std::time::Duration;
use tokio::time::Instant;

/// The delays between attempts while a person waits: none ends after the deadline.
#[derive(Debug)]
pub(crate) struct UntilDeadline {
    delays: ExponentialBackoff,
    deadline: Instant,
}

/// Retries quickly, until the deadline.
pub(crate) fn until(deadline: Instant) -> UntilDeadline {
    let delays = forever(Duration::from_millis(250), Duration::from_secs(5)).build();
    UntilDeadline { delays, deadline }
}

impl Iterator for UntilDeadline {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.delays.next().filter(|delay| Instant::now() + *delay < self.deadline)
    }
}

/// Retries without end, ever more slowly.
pub(crate) fn forever(first: Duration, longest: Duration) -> ExponentialBuilder {
    let delays = ExponentialBuilder::default().with_min_delay(first).with_max_delay(longest);
    delays.without_max_times().with_jitter()
}

/// Retries so many times.
pub(crate) fn times(retries: usize, first: Duration) -> ExponentialBuilder {
    forever(first, Duration::from_secs(60)).with_max_times(retries)
}

/// Whether the same attempt may succeed later.
pub(crate) fn is_passing(error: &impl Classify) -> bool {
    error.class() != Class::Permanent
}

/// Whether repeating a request may help while a person waits. A token that Discord refuses needs the operator.
pub(crate) fn worth_retrying(error: &RestError) -> bool {
    is_passing(error) && !matches!(error, RestError::Refused { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wait_ends_after_the_deadline() {
        assert_eq!(until(Instant::now()).next(), None);
        let delays: Vec<_> = until(Instant::now() + Duration::from_secs(2)).take(100).collect();
        assert!(delays.iter().all(|delay| *delay < Duration::from_secs(2)), "{delays:?}");
    }
}
