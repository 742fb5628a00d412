//! The worker's metrics. Labels are bounded: topics are few and reasons are fixed names.

use metrics::{counter, gauge, histogram};
use std::time::Duration;

pub(super) fn consumed(topic: &str) {
    counter!("rtfm_records_consumed_total", "topic" => topic.to_owned()).increment(1);
}

pub(super) fn handled(topic: &str, records: usize) {
    counter!("rtfm_records_handled_total", "topic" => topic.to_owned()).increment(records as u64);
}

pub(super) fn retried(topic: &str, reason: &'static str, records: usize) {
    counter!("rtfm_records_retried_total", "topic" => topic.to_owned(), "reason" => reason).increment(records as u64);
}

pub(super) fn dead_lettered(topic: &str, reason: &'static str) {
    counter!("rtfm_records_dead_lettered_total", "topic" => topic.to_owned(), "reason" => reason).increment(1);
}

pub(super) fn handle_duration(topic: &str, duration: Duration) {
    histogram!("rtfm_handle_duration_seconds", "topic" => topic.to_owned()).record(duration.as_secs_f64());
}

pub(super) fn in_flight(topic: &str, records: usize) {
    gauge!("rtfm_in_flight", "topic" => topic.to_owned()).set(records as f64);
}

pub(super) fn lag(group: &str, topic: &str, partition: i32, records: i64) {
    let (group, topic, partition) = (group.to_owned(), topic.to_owned(), partition.to_string());
    gauge!("rtfm_consumer_lag_records", "group" => group, "topic" => topic, "partition" => partition)
        .set(records as f64);
}

pub(super) fn dead_letters(topic: &str, records: i64) {
    gauge!("rtfm_dead_letter_records", "topic" => topic.to_owned()).set(records as f64);
}

/// Creates a topic's counters at 0, so that the first record already counts as an increase.
pub(super) fn init_counters(topic: &str) {
    handled(topic, 0);
    counter!("rtfm_records_consumed_total", "topic" => topic.to_owned()).increment(0);
}
