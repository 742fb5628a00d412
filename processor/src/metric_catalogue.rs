//! What this crate's metrics mean. Labels are fixed names and the configured models, never anything from a record.

use crate::{
    index::{self, attachments},
    retention,
};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use rtfm_shared::event::Status;

/// An answer's status as a label.
pub(crate) fn status_label(status: Status) -> &'static str {
    match status {
        Status::Answered => "answered",
        Status::NotFound => "notfound",
        Status::Unavailable => "unavailable",
        Status::Rejected => "rejected",
        Status::Other => "other",
    }
}

/// Tells the recorder what each of them means, and shows the answers' from the start, so that the first
/// failure already is an increase.
pub(crate) fn describe() {
    rtfm_models::describe_metrics();
    rtfm_memory::describe_metrics();
    describe_counter!("rtfm_answers_total", "Questions answered, by what became of them");
    for of in [Status::Answered, Status::NotFound, Status::Unavailable, Status::Rejected] {
        counter!("rtfm_answers_total", "status" => status_label(of)).increment(0);
    }
    describe_histogram!("rtfm_answer_duration_seconds", Unit::Seconds, "Time from a question's reading to its answer");
    drop(histogram!("rtfm_answer_duration_seconds"));
    let without = "Messages stored to be found by their words alone, because the embedder fails at them";
    describe_counter!(index::WITHOUT, without);
    for reason in ["failed", "refused"] {
        counter!(index::WITHOUT, "reason" => reason).increment(0);
    }
    describe_counter!(retention::REMOVED, "Messages taken out of the memory by what people and guilds decided");
    for decided_by in retention::DECIDED_BY {
        counter!(retention::REMOVED, "decided_by" => decided_by).increment(0);
    }
    attachments::describe_metrics();
}
