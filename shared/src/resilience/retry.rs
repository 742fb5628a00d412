//! Retries of async operations.

use super::Backoff;
use std::time::Duration;
use tokio::time::sleep;

/// Repeats `attempt` until it succeeds or `retries` declines, and returns the success or the last error.
///
/// `retries` sees each error and the delay before the next attempt: it decides by the error's class, a count or a
/// deadline (`Instant::now() + delay < deadline`), and logs. Dropping the future ends the waiting.
pub async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    delays: &mut Backoff,
    mut attempt: impl FnMut() -> F,
    mut retries: impl FnMut(&E, Duration) -> bool,
) -> Result<T, E> {
    loop {
        match attempt().await {
            Err(error) => {
                let delay = delays.next_delay();
                if !retries(&error, delay) {
                    return Err(error);
                }
                sleep(delay).await;
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn attempts_end_with_a_success_or_when_retries_declines() {
        let delays = || Backoff::new(Duration::from_secs(1), Duration::from_secs(1));
        let mut attempts = 0;
        let attempt = || {
            attempts += 1;
            std::future::ready(if attempts < 3 { Err("away") } else { Ok(attempts) })
        };
        assert_eq!(retry(&mut delays(), attempt, |_, _| true).await, Ok(3));
        let (began, mut attempts) = (Instant::now(), 0);
        let attempt = || {
            attempts += 1;
            std::future::ready(Err::<(), _>("away"))
        };
        let deadline = began + Duration::from_millis(4_500);
        assert_eq!(retry(&mut delays(), attempt, |_, delay| Instant::now() + delay < deadline).await, Err("away"));
        assert_eq!((attempts, began.elapsed()), (5, Duration::from_secs(4)));
    }
}
