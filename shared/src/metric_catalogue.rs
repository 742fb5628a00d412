//! The descriptions of this crate's metrics, which `/metrics` shows beside the values.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Describes this crate's metrics to the recorder.
pub(crate) fn describe_metrics() {
    describe_gauge!("rtfm_build_info", "Always 1; service and version are labels");
    describe_gauge!("rtfm_breaker_open", "1 while the circuit to a dependency is open");
    describe_counter!("rtfm_records_consumed_total", "Records consumed");
    describe_counter!("rtfm_records_handled_total", "Records handled, with durable effects");
    describe_counter!("rtfm_records_retried_total", "Records retried, by reason");
    describe_counter!("rtfm_records_dead_lettered_total", "Records written to a dead-letter topic, by reason");
    describe_histogram!("rtfm_handle_duration_seconds", Unit::Seconds, "Duration of one handler call");
    describe_gauge!("rtfm_in_flight", "Records consumed and not done");
    describe_gauge!("rtfm_consumer_lag_records", "Records that a consumer group has not read, by partition");
    describe_gauge!("rtfm_dead_letter_records", "Records on a topic's dead-letter topic, settlement notes included");
}
