//! The descriptions of this crate's metrics, which `/metrics` shows beside the values. Label values are fixed names,
//! never text from a record.

use crate::{
    index::{self, attachments},
    retention,
};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use rtfm_documents::Skipped;
use rtfm_shared::event::Status;

/// The `status` label of an answer.
pub(crate) fn status_label(status: Status) -> &'static str {
    match status {
        Status::Answered => "answered",
        Status::NotFound => "notfound",
        Status::Unavailable => "unavailable",
        Status::Rejected => "rejected",
        Status::Other => "other",
    }
}

/// Registers all descriptions and starts each counter at zero, so that its first increment shows up as an increase.
pub(crate) fn describe_metrics() {
    rtfm_models::describe_metrics();
    rtfm_memory::describe_metrics();
    describe_counter!("rtfm_answers_total", "Questions answered, by status");
    for status in [Status::Answered, Status::NotFound, Status::Unavailable, Status::Rejected] {
        counter!("rtfm_answers_total", "status" => status_label(status)).increment(0);
    }
    describe_histogram!("rtfm_answer_duration_seconds", Unit::Seconds, "Time from reading a question to its answer");
    drop(histogram!("rtfm_answer_duration_seconds"));
    let without = "Messages stored without a vector because the embedder fails on them";
    describe_counter!(index::WITHOUT_VECTOR, without);
    for reason in ["failed", "refused"] {
        counter!(index::WITHOUT_VECTOR, "reason" => reason).increment(0);
    }
    describe_counter!(retention::REMOVED, "Messages removed because a person or a guild decided so");
    for decided_by in retention::DECIDED_BY {
        counter!(retention::REMOVED, "decided_by" => decided_by).increment(0);
    }
    describe_counter!(attachments::FILES, "Files on messages, by whether they were read and why not");
    for reason in ["none", "cut"] {
        counter!(attachments::FILES, "outcome" => "read", "reason" => reason).increment(0);
    }
    for skipped in Skipped::ALL {
        counter!(attachments::FILES, "outcome" => "skipped", "reason" => skipped.reason()).increment(0);
    }
}
