//! Metrics and trace spans around any embedder. A call includes its retries.

use super::{EmbedError, Embedder, MaskedText};
use async_trait::async_trait;
use rtfm_shared::telemetry::CallTimer;
use std::sync::Arc;
use tracing::{Instrument, info_span};

/// Calls by operation and outcome.
pub(crate) const CALLS: &str = "rtfm_embedder_calls_total";
/// Duration of calls by operation.
pub(crate) const DURATION: &str = "rtfm_embedder_call_duration_seconds";
/// Embedded texts by operation.
pub(crate) const TEXTS: &str = "rtfm_embedder_texts_total";

/// Decorates an embedder: each call is measured and gets a span.
#[derive(Debug)]
pub(super) struct InstrumentedEmbedder(pub(super) Arc<dyn Embedder>);

async fn measured<T>(
    operation: &'static str,
    texts: usize,
    call: impl Future<Output = Result<T, EmbedError>> + Send,
) -> Result<T, EmbedError> {
    let timer = CallTimer::start(CALLS, DURATION, operation);
    let result = call.instrument(info_span!("embed", operation, texts)).await;
    if result.is_ok() {
        metrics::counter!(TEXTS, "operation" => operation).increment(texts as u64);
    }
    timer.end(result.as_ref().map_or_else(EmbedError::outcome, |_| "ok"));
    result
}

#[async_trait]
impl Embedder for InstrumentedEmbedder {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
        measured("documents", texts.len(), self.0.embed_documents(texts)).await
    }

    async fn embed_query(&self, text: &MaskedText) -> Result<Vec<f32>, EmbedError> {
        measured("query", 1, self.0.embed_query(text)).await
    }
}
