//! Traces from a Discord event to its answer: each piece of work is a step in its cause's trace, and what it publishes
//! carries `traceparent` on.
//!
//! Without the feature `otel` no spans are collected, but records and logs still carry the trace's id.

use super::otel;
use tracing::{Instrument, Span};
use uuid::Uuid;

tokio::task_local! {
    /// The trace context of the current task's work.
    static CURRENT: String;
}

/// A W3C trace context that starts a new trace.
pub fn new_traceparent() -> String {
    let span = Uuid::new_v4().simple().to_string();
    format!("00-{}-{}-01", Uuid::new_v4().simple(), span.get(..16).unwrap_or_default())
}

/// Makes a span the next step of `cause`'s trace, or the first of a new one without a readable cause. Records the id in
/// the span's field `trace_id` and returns the trace context for what the step causes. The span must not have been
/// entered before.
pub fn join(span: &Span, cause: Option<&str>) -> String {
    let cause = cause.filter(|cause| parts(cause).is_some());
    let traceparent = otel::join(span, cause).or_else(|| cause.map(str::to_owned)).unwrap_or_else(new_traceparent);
    if let Some((trace_id, _, _)) = parts(&traceparent) {
        span.record("trace_id", trace_id);
    }
    traceparent
}

/// Runs work as the next step of a trace, see [`join`]; its logs are within the span.
pub async fn follow<W: Future>(span: Span, cause: Option<&str>, work: W) -> W::Output {
    let traceparent = join(&span, cause);
    CURRENT.scope(traceparent, work).instrument(span).await
}

/// Links further causes to a span, besides the one whose trace it joined.
pub(crate) fn link<'a>(span: &Span, causes: impl Iterator<Item = &'a str>) {
    otel::link(span, causes);
}

/// The trace context for what is published here: of the innermost span, else of the work that [`follow`] runs, else
/// `None`.
pub fn current() -> Option<String> {
    otel::traceparent_of(&Span::current()).or_else(|| CURRENT.try_with(Clone::clone).ok())
}

/// Trace id, span id and flags of a valid traceparent.
pub(super) fn parts(traceparent: &str) -> Option<(&str, &str, &str)> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let set = |id: &str| id.bytes().any(|byte| byte != b'0');
    // Later versions may append parts; version 00 has none.
    let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let valid = known && hex(trace, 32) && set(trace) && hex(span, 16) && set(span) && hex(flags, 2);
    valid.then_some((trace, span, flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAUSE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_as_w3c_says_and_never_the_same() {
        let (one, other) = (new_traceparent(), new_traceparent());
        assert_ne!(one, other);
        assert!(parts(&one).is_some() && one.starts_with("00-") && one.ends_with("-01"), "{one}");
    }

    #[test]
    fn malformed_traceparents_are_rejected() {
        assert_eq!(parts(CAUSE), Some(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "01")));
        assert!(parts(&CAUSE.replacen("00-", "01-", 1)).is_some(), "a later version");
        assert!(parts(&format!("{}-more", CAUSE.replacen("00-", "cc-", 1))).is_some());
        for wrong in [
            "",
            "00-abc",
            &CAUSE.replacen("00-", "ff-", 1),
            &CAUSE.to_uppercase(),
            &format!("{CAUSE}-more"),
            &CAUSE.replace("b7ad6b7169203331", "0000000000000000"),
            &CAUSE.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn work_belongs_to_the_trace_of_its_cause_or_begins_one() {
        assert_eq!(current(), None);
        let seen = follow(Span::none(), Some(CAUSE), async { current() }).await.unwrap();
        assert_eq!(parts(&seen).unwrap().0, parts(CAUSE).unwrap().0);
        for cause in [None, Some("00-abc")] {
            let seen = follow(Span::none(), cause, async { current() }).await.unwrap();
            assert!(parts(&seen).is_some() && seen != CAUSE, "{seen}");
        }
    }
}
