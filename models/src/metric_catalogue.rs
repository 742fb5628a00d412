//! The descriptions of this crate's metrics, which `/metrics` shows beside the values. Label values are fixed names and
//! configured models, never text from a record.

use crate::embed;
use metrics::{Unit, describe_counter, describe_histogram};

/// Registers the descriptions of this crate's metrics with the installed recorder.
pub fn describe_metrics() {
    describe_counter!("rtfm_gemini_requests_total", "Requests to Gemini, by model and outcome");
    let duration = "Time of a request to Gemini until its response ends";
    describe_histogram!("rtfm_gemini_request_duration_seconds", Unit::Seconds, duration);
    describe_counter!("rtfm_gemini_tokens_total", "Tokens counted by Gemini, by model and kind");
    describe_counter!(embed::CALLS, "Calls to the embedder, by outcome; retries count as one call");
    describe_histogram!(embed::DURATION, Unit::Seconds, "Time of a call to the embedder, retries included");
    describe_counter!(embed::TEXTS, "Texts embedded");
}
