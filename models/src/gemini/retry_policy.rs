//! Retry policies.

use super::GeminiError;
use backon::{ExponentialBuilder, Retryable};
use std::time::Duration;

/// Exponential, jittered retries, bounded in number and in total time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most requests, the first included.
    pub attempts: usize,
    /// The first delay; each further one doubles. Jitter at most doubles a delay again.
    pub initial_delay: Duration,
    /// The longest delay before jitter; a delay that the API asks for may exceed it.
    pub max_delay: Duration,
    /// The most time for all delays together. When the API asks for more, the caller gets the error at once.
    pub max_total_delay: Duration,
}

impl RetryPolicy {
    /// For work that a person waits for.
    pub const INTERACTIVE: Self = Self {
        attempts: 3,
        initial_delay: Duration::from_millis(250),
        max_delay: Duration::from_secs(2),
        max_total_delay: Duration::from_secs(6),
    };

    /// For background work, which waits until a per-minute quota resets.
    pub const BACKGROUND: Self = Self {
        attempts: 5,
        initial_delay: Duration::from_millis(500),
        max_delay: Duration::from_secs(8),
        max_total_delay: Duration::from_secs(75),
    };

    /// Repeats a request to a model until it succeeds, its failure is final, or the policy is exhausted.
    pub(crate) async fn retry<T, F: Future<Output = Result<T, GeminiError>>>(
        &self,
        model: &str,
        request: impl Fn() -> F,
    ) -> Result<T, GeminiError> {
        let delays = self.delays();
        let notify = |error: &GeminiError, delay| {
            tracing::debug!(model, %error, ?delay, "request to Gemini failed, retrying");
        };
        request.retry(delays).adjust(self.adjustment()).notify(notify).await
    }

    fn delays(&self) -> ExponentialBuilder {
        ExponentialBuilder::new()
            .with_min_delay(self.initial_delay)
            .with_max_delay(self.max_delay.max(self.initial_delay))
            .with_factor(2.0)
            .with_max_times(self.attempts.saturating_sub(1))
            .with_jitter()
    }

    /// What a delay becomes after an error; `None` when the error is final or the time of the work is used up.
    fn adjustment(&self) -> impl FnMut(&GeminiError, Option<Duration>) -> Option<Duration> + use<> {
        let mut left = self.max_total_delay;
        move |error, delay| {
            let GeminiError::Transient { retry_after, .. } = error else { return None };
            // The jitter comes on top of the API's delay, so that clients with the same retry time do not all return at
            // once.
            let delay = retry_after.unwrap_or_default().saturating_add(delay?);
            left = left.checked_sub(delay)?;
            Some(delay)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backon::BackoffBuilder;

    /// The delay after each further error.
    fn after(policy: &RetryPolicy) -> impl FnMut(&GeminiError) -> Option<Duration> + use<> {
        let (mut delays, mut adjust) = (policy.delays().build(), policy.adjustment());
        move |error| adjust(error, delays.next())
    }

    fn transient(retry_after: Option<u64>) -> GeminiError {
        GeminiError::Transient { message: String::new(), retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn attempts_are_bounded_and_delays_grow_with_jitter() {
        let policy = RetryPolicy {
            attempts: 4,
            initial_delay: Duration::from_millis(100),
            max_delay: Duration::from_millis(200),
            max_total_delay: Duration::from_secs(60),
        };
        let mut attempts = after(&policy);
        for base in [100, 200, 200] {
            let delay = attempts(&transient(None)).unwrap().as_millis();
            assert!((base..=2 * base).contains(&delay), "{delay} is not {base} with jitter");
        }
        assert_eq!(attempts(&transient(None)), None);
    }

    #[test]
    fn a_requested_delay_counts_against_the_total_delay() {
        let policy = RetryPolicy { max_total_delay: Duration::from_secs(40), ..RetryPolicy::BACKGROUND };
        let mut attempts = after(&policy);
        let delay = attempts(&transient(Some(33))).unwrap();
        assert!(delay >= Duration::from_secs(33), "{delay:?}");
        assert_eq!(attempts(&transient(Some(33))), None, "the second wait no longer fits");
    }

    #[test]
    fn only_transient_failures_are_retried() {
        let mut attempts = after(&RetryPolicy::BACKGROUND);
        assert_eq!(attempts(&GeminiError::Permanent { status: 400, message: String::new() }), None);
        assert_eq!(attempts(&GeminiError::Blocked("SAFETY".to_owned())), None);
    }
}
