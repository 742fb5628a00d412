//! Measures a store: every operation's time and outcome, whichever store it is.

use super::{StoreError, decorator::StoreDecorator};
use rtfm_shared::telemetry::CallTimer;
use tracing::{Instrument, info_span};

/// How many operations there were, by operation and outcome.
pub(crate) const OPERATIONS: &str = "rtfm_store_operations_total";
/// How long they took, by operation.
pub(crate) const DURATION: &str = "rtfm_store_operation_duration_seconds";

/// Measures operations, which are spans of their traces.
#[derive(Debug)]
pub(super) struct StoreInstrumentation;

impl StoreDecorator for StoreInstrumentation {
    async fn around<T: Send>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let timer = CallTimer::start(OPERATIONS, DURATION, operation);
        let result = call.instrument(info_span!("store", operation)).await;
        timer.end(result.as_ref().map_or_else(StoreError::outcome, |_| "ok"));
        result
    }
}
