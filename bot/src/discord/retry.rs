//! How failed attempts are repeated. The loop is backon's: `attempt.retry(until(deadline)).when(worth_retrying)`.

use super::rest::RestError;
use rtfm_shared::resilience::{Backoff, Class, Classify};
use std::{iter::Take, time::Duration};
use tokio::time::Instant;

/// The delays between attempts while a person waits: none ends after the deadline.
pub(crate) fn until(deadline: Instant) -> impl Iterator<Item = Duration> + Send + Sync + Unpin {
    let delays = Backoff::new(Duration::from_millis(250), Duration::from_secs(5));
    delays.take_while(move |delay| Instant::now() + *delay < deadline)
}

/// The delays between so many retries.
pub(crate) fn times(retries: usize, first: Duration) -> Take<Backoff> {
    Backoff::new(first, Duration::from_secs(60)).take(retries)
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
