//! What this crate's metrics mean. Labels are fixed names and the configured models, never anything from a record.

use crate::embed;
use metrics::{Unit, describe_counter, describe_histogram};

/// Describes this crate's metrics to the recorder.
pub fn describe_metrics() {
    describe_counter!("rtfm_gemini_requests_total", "Requests to Gemini, by model and outcome");
    let duration = "Time of a request to Gemini, to the end of its answer";
    describe_histogram!("rtfm_gemini_request_duration_seconds", Unit::Seconds, duration);
    describe_counter!("rtfm_gemini_tokens_total", "Tokens that Gemini counted, by model and kind");
    describe_counter!(embed::CALLS, "Calls of the embedder, retries included, by outcome");
    describe_histogram!(embed::DURATION, Unit::Seconds, "Time of a call of the embedder");
    describe_counter!(embed::TEXTS, "Texts that were given a vector");
}
