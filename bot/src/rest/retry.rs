//! Trying a request again while somebody is waiting for an answer.

use super::RestError;
use backon::{BackoffBuilder, ExponentialBuilder};
use rtfm_shared::resilience::{Class, Classify};
use std::time::Duration;

/// The waits between attempts; who asks knows when to end.
pub(crate) fn retries() -> impl Iterator<Item = Duration> {
    let backoff = ExponentialBuilder::default().with_min_delay(Duration::from_millis(250)).with_jitter();
    backoff.with_max_delay(Duration::from_secs(5)).without_max_times().build()
}

/// Whether trying a request again may help somebody who is waiting.
pub(crate) fn worth_retrying(error: &RestError) -> bool {
    error.class() != Class::Permanent && !matches!(error, RestError::Refused { .. })
}
