//! What this crate's metrics mean.

use crate::{retrieval, store};
use metrics::{Unit, counter, describe_counter, describe_histogram};

/// Describes this crate's metrics to the recorder, and shows those whose first increase matters from the start.
pub fn describe_metrics() {
    describe_counter!(
        "rtfm_rewrites_total",
        "Questions that a small model was to make stand alone, by what came of it"
    );
    for outcome in [retrieval::USED, retrieval::UNUSED] {
        counter!("rtfm_rewrites_total", "outcome" => outcome).increment(0);
    }
    describe_counter!(store::OPERATIONS, "Operations of the message store, by outcome");
    describe_histogram!(store::DURATION, Unit::Seconds, "Time of an operation of the message store");
}
