//! What the processor's metrics mean, and how a call is measured. Labels are fixed names and the models of
//! the configuration, never anything that a record says.

use crate::{attachments, embed, index, keeper, question, store};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use rtfm_shared::event::Status;
use std::time::Instant;

/// A call under way. One that is dropped before its end, because nobody waits for it any more, counts as
/// cancelled.
#[derive(Debug)]
pub(crate) struct Timed {
    calls: &'static str,
    duration: &'static str,
    operation: &'static str,
    outcome: &'static str,
    since: Instant,
}

impl Timed {
    /// The call begins; `calls` counts it by operation and outcome, `duration` takes its time by operation.
    pub(crate) fn start(calls: &'static str, duration: &'static str, operation: &'static str) -> Self {
        Self { calls, duration, operation, outcome: "cancelled", since: Instant::now() }
    }

    /// It ended so.
    pub(crate) fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        counter!(self.calls, "operation" => self.operation, "outcome" => self.outcome).increment(1);
        histogram!(self.duration, "operation" => self.operation).record(self.since.elapsed().as_secs_f64());
    }
}

/// An answer's status as a label.
pub(crate) fn status(status: Status) -> &'static str {
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
    describe_counter!("rtfm_answers_total", "Questions answered, by what became of them");
    for of in [Status::Answered, Status::NotFound, Status::Unavailable, Status::Rejected] {
        counter!("rtfm_answers_total", "status" => status(of)).increment(0);
    }
    describe_histogram!("rtfm_answer_duration_seconds", Unit::Seconds, "Time from a question's reading to its answer");
    drop(histogram!("rtfm_answer_duration_seconds"));
    describe_counter!(
        "rtfm_rewrites_total",
        "Questions that a small model was to make stand alone, by what came of it"
    );
    for outcome in [question::USED, question::UNUSED] {
        counter!("rtfm_rewrites_total", "outcome" => outcome).increment(0);
    }
    describe_counter!("rtfm_gemini_requests_total", "Requests to Gemini, by model and outcome");
    let duration = "Time of a request to Gemini, to the end of its answer";
    describe_histogram!("rtfm_gemini_request_duration_seconds", Unit::Seconds, duration);
    describe_counter!("rtfm_gemini_tokens_total", "Tokens that Gemini counted, by model and kind");
    describe_counter!(store::OPERATIONS, "Operations of the message store, by outcome");
    describe_histogram!(store::DURATION, Unit::Seconds, "Time of an operation of the message store");
    describe_counter!(embed::CALLS, "Calls of the embedder, retries included, by outcome");
    describe_histogram!(embed::DURATION, Unit::Seconds, "Time of a call of the embedder");
    let without = "Messages stored to be found by their words alone, because the embedder fails at them";
    describe_counter!(index::WITHOUT, without);
    for reason in ["failed", "refused"] {
        counter!(index::WITHOUT, "reason" => reason).increment(0);
    }
    describe_counter!(keeper::REMOVED, "Messages taken out of the memory by what people and guilds decided");
    for decided_by in keeper::DECIDED_BY {
        counter!(keeper::REMOVED, "decided_by" => decided_by).increment(0);
    }
    attachments::describe();
    describe_counter!(embed::TEXTS, "Texts that were given a vector");
}
