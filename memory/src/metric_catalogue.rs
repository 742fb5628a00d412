//! The descriptions of this crate's metrics, which `/metrics` shows beside the values.

use crate::{retrieval, store};
use metrics::{Unit, counter, describe_counter, describe_histogram};

/// Describes this crate's metrics to the recorder. Counters whose first increase matters start at 0.
pub fn describe_metrics() {
    describe_counter!("rtfm_rewrites_total", "Attempts of a small model to rewrite a question, by outcome");
    for outcome in [retrieval::USED, retrieval::UNUSED] {
        counter!("rtfm_rewrites_total", "outcome" => outcome).increment(0);
    }
    describe_counter!(store::OPERATIONS, "Operations of the message store, by outcome");
    describe_histogram!(store::DURATION, Unit::Seconds, "Duration of an operation of the message store");
}
