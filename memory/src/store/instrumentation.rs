//! Records the duration and outcome of every operation of a store, and a span of it.

use super::{StoreError, decorator::StoreDecorator};
use rtfm_shared::telemetry::CallTimer;
use tracing::{Instrument, info_span};

/// Counts operations; labelled by operation and outcome.
pub(crate) const OPERATIONS: &str = "rtfm_store_operations_total";
/// The duration of operations in seconds; labelled by operation.
pub(crate) const DURATION: &str = "rtfm_store_operation_duration_seconds";

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
