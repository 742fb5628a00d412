//! Metrics of each request.

use super::{GeminiError, wire::generate::Usage};
use std::time::Instant;

/// Measures one request from start to end. A request that is dropped before its end counts as cancelled.
#[derive(Debug)]
pub(crate) struct RequestMeter {
    model: String,
    started: Instant,
    outcome: &'static str,
}

impl RequestMeter {
    /// Starts the clock for a request to this model.
    pub(crate) fn start(model: &str) -> Self {
        Self { model: model.to_owned(), started: Instant::now(), outcome: "cancelled" }
    }

    /// Records the outcome of a finished request.
    pub(crate) fn end<T>(mut self, result: &Result<T, GeminiError>) {
        self.outcome = result.as_ref().map_or_else(GeminiError::outcome, |_| "ok");
    }
}

/// Counts the tokens that a request to this model used.
pub(super) fn count_tokens(model: &str, usage: Usage) {
    for (kind, count) in [
        ("prompt", usage.prompt_token_count),
        ("output", usage.candidates_token_count),
        ("thoughts", usage.thoughts_token_count),
        ("cached", usage.cached_content_token_count),
    ] {
        if count > 0 {
            metrics::counter!("rtfm_gemini_tokens_total", "model" => model.to_owned(), "kind" => kind).increment(count);
        }
    }
}

impl Drop for RequestMeter {
    fn drop(&mut self) {
        let model = std::mem::take(&mut self.model);
        metrics::histogram!("rtfm_gemini_request_duration_seconds", "model" => model.clone())
            .record(self.started.elapsed().as_secs_f64());
        metrics::counter!("rtfm_gemini_requests_total", "model" => model, "outcome" => self.outcome).increment(1);
    }
}
