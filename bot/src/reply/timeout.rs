//! Turns a placeholder that has no answer at the question's deadline into a notice. The processors have a deadline of
//! their own and nearly always answer first.

use super::{
    ReplyExtras,
    in_flight::{InFlightAnswers, is_open},
    render::head,
    rows::under,
    target::ReplyTarget,
};
use crate::discord::{
    model::CreateActionRow,
    rest::{MessageBody, Rest, RestError},
    retry::{until, worth_retrying},
};
use backon::Retryable;
use rtfm_shared::{
    event::{Query, QueryId, Response, Status},
    telemetry::trace,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tracing::{error_span, field::Empty};

const NO_ANSWER: &str = "Your question was not answered in time. Please ask again in a few minutes.";
/// The text when a question could not be published.
pub(crate) const UNPUBLISHED: &str = "I could not process your question. Please ask again in a few minutes.";
/// How long the notice is retried while Discord is in trouble.
const NOTICE_TIMEOUT: Duration = Duration::from_secs(60);

/// What surrounds the notice.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeoutNotice {
    /// The question, where an answer repeats it.
    head: Option<String>,
    /// The buttons to ask again, or to delete the notice.
    rows: Vec<CreateActionRow>,
}

impl TimeoutNotice {
    pub(crate) fn of(query: &Query) -> Self {
        let unanswered = Response { status: Status::Unavailable, ..Response::to(query) };
        Self { head: head(&ReplyExtras::of(&query.reply)), rows: under(&unanswered, 1, None) }
    }
}

/// Waits, and shows the notice if the answer has not arrived by then. A later answer still replaces it.
pub(crate) async fn time_out_after(
    rest: Arc<Rest>,
    in_flight: Arc<InFlightAnswers>,
    query: QueryId,
    target: ReplyTarget,
    end: TimeoutNotice,
    cause: Option<String>,
    after: Duration,
) {
    tokio::time::sleep(after).await;
    if in_flight.answer(&query).is_shown() {
        return;
    }
    // A step of its own, so that the question's is not open all this time.
    let span = error_span!(parent: None, "time_over", query_id = %query, trace_id = Empty);
    let timing_out = time_out(&rest, &in_flight, &query, &target, &end, NO_ANSWER);
    trace::follow(span, cause.as_deref(), timing_out).await;
}

/// Replaces a placeholder by a notice, unless it has become an answer. Retries while Discord is in trouble; an answer
/// that arrives meanwhile wins.
pub(crate) async fn time_out(
    rest: &Rest,
    in_flight: &InFlightAnswers,
    query: &QueryId,
    target: &ReplyTarget,
    end: &TimeoutNotice,
    words: &str,
) {
    let words = [end.head.as_deref(), Some(words)].into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let words = MessageBody { text: &words, rows: end.rows.clone() };
    let shown = (|| show_notice(rest, in_flight, query, target, &words)).retry(until(Instant::now() + NOTICE_TIMEOUT));
    if let Err(error) = shown.when(worth_retrying).await {
        tracing::warn!(%query, %error, "failed to say that no answer came");
    }
}

async fn show_notice(
    rest: &Rest,
    in_flight: &InFlightAnswers,
    query: &QueryId,
    target: &ReplyTarget,
    words: &MessageBody<'_>,
) -> Result<(), RestError> {
    let answer = in_flight.answer(query);
    let _turn = answer.turn.lock().await;
    if answer.is_shown() {
        return Ok(());
    }
    // Another instance may have shown the answer: what the placeholder shows decides.
    let open = target.read(rest).await?.is_some_and(|message| is_open(&message.content, message.flags));
    if open {
        target.write(rest, words).await?;
        metrics::counter!("rtfm_discord_answers_missing_total").increment(1);
        tracing::warn!(%query, "no answer came in time");
    }
    Ok(())
}

/// Whether a message is such a notice, so that a late answer may replace it.
pub(super) fn is_timeout_notice(content: &str) -> bool {
    let last = content.trim().rsplit("\n\n").next().unwrap_or_default();
    [NO_ANSWER, UNPUBLISHED].contains(&last)
}
