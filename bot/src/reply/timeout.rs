//! Nobody is left waiting in silence: a placeholder that is one still when the question's time is over
//! says so. The processors have a deadline of their own and nearly always come first.

use super::{
    Extras,
    place::Place,
    render::head,
    under_way::{UnderWay, is_open},
};
use crate::{
    buttons::under,
    rest::{Rest, RestError, Words, retries, worth_retrying},
};
use rtfm_shared::{
    event::{Query, QueryId, Response, Status},
    telemetry::trace,
};
use serenity::builder::CreateActionRow;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tracing::{error_span, field::Empty};

const NO_ANSWER: &str = "No answer came in time; something that I need is away or very busy. Your question is not lost on me: please ask it again in a few minutes.";
/// What is said when a question never got under way.
pub(crate) const UNHEARD: &str =
    "I could not pass your question on; something that I need is away. Please ask it again in a few minutes.";
/// How long Discord may be in trouble before even that goes unsaid.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stands around those words.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    /// The question, where an answer repeats it.
    head: Option<String>,
    /// The buttons to ask again, or to take the words away.
    rows: Vec<CreateActionRow>,
}

impl End {
    /// For a question.
    pub(crate) fn of(query: &Query) -> Self {
        let unanswered = Response { status: Status::Unavailable, ..Response::to(query) };
        Self { head: head(&Extras::of(&query.reply)), rows: under(&unanswered, 1, None) }
    }
}

/// Waits, and if the answer has not come by then, says that it did not. An answer that comes even later
/// still takes the place.
pub(crate) async fn say_when_over(
    rest: Arc<Rest>,
    under_way: Arc<UnderWay>,
    query: QueryId,
    place: Place,
    end: End,
    cause: Option<String>,
    after: Duration,
) {
    tokio::time::sleep(after).await;
    if under_way.answer(&query).is_shown() {
        return;
    }
    // A step of its own, so that the question's is not open all this time.
    let span = error_span!(parent: None, "time_over", query_id = %query, trace_id = Empty);
    let giving_up = give_up(&rest, &under_way, &query, &place, &end, NO_ANSWER);
    trace::follow(span, cause.as_deref(), giving_up).await;
}

/// Ends a placeholder with words of the bot's own, unless it has become an answer. Trouble at Discord is
/// waited out for a while, and an answer that comes meanwhile goes first.
pub(crate) async fn give_up(rest: &Rest, under_way: &UnderWay, query: &QueryId, place: &Place, end: &End, words: &str) {
    let words = [end.head.as_deref(), Some(words)].into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let words = Words { text: &words, rows: end.rows.clone() };
    let until = Instant::now() + PATIENCE;
    let mut delays = retries();
    loop {
        let Err(error) = say(rest, under_way, query, place, &words).await else { return };
        let delay = delays.next().unwrap_or_default();
        if !worth_retrying(&error) || Instant::now() + delay >= until {
            tracing::warn!(%query, %error, "cannot say that no answer came");
            return;
        }
        tokio::time::sleep(delay).await;
    }
}

async fn say(
    rest: &Rest,
    under_way: &UnderWay,
    query: &QueryId,
    place: &Place,
    words: &Words<'_>,
) -> Result<(), RestError> {
    let answer = under_way.answer(query);
    let _turn = answer.turn.lock().await;
    if answer.is_shown() {
        return Ok(());
    }
    // Another instance may have shown the answer: what stands there decides.
    let open = place.read(rest).await?.is_some_and(|message| is_open(&message));
    if open {
        place.write(rest, words).await?;
        metrics::counter!("rtfm_discord_answers_missing_total").increment(1);
        tracing::warn!(%query, "no answer came in time");
    }
    Ok(())
}

/// Whether a message says that no answer came, so that one that comes after all may take its place.
pub(super) fn is_apology(content: &str) -> bool {
    let last = content.trim().rsplit("\n\n").next().unwrap_or_default();
    [NO_ANSWER, UNHEARD].contains(&last)
}
