//! Partial answers: the placeholder shows the newest text, at most about once a second, and none after the final text.
//! Losing one loses nothing.

use super::{
    cite::cite,
    in_flight::{InFlightAnswer, InFlightAnswers, SEARCHING, THINKING, WRITING, is_open},
    split::{LIMIT, split},
    target::ReplyTarget,
};
use crate::discord::rest::{Rest, RestError};
use async_trait::async_trait;
use jiff::Timestamp;
use rtfm_shared::{
    bus::Record,
    event::{Envelope, Progress, Stage},
    worker::{Failure, Handler},
};
use std::{sync::Arc, time::Duration};
use tracing::Instrument;

/// An older partial answer is not shown any more.
const STALE: Duration = Duration::from_secs(5);

/// The consumer of `bot-progress`.
pub(crate) struct PartialAnswers {
    pub(crate) rest: Arc<Rest>,
    pub(crate) in_flight: Arc<InFlightAnswers>,
}

/// What a placeholder shows and is to show.
#[derive(Debug, Default)]
pub(super) struct PartialAnswer {
    newest: u64,
    waiting: Option<String>,
    /// Whether a task runs that will show what waits.
    at_work: bool,
}

#[async_trait]
impl Handler for PartialAnswers {
    type Item = Progress;

    fn decode(&self, record: &Record) -> Result<Progress, Failure> {
        Ok(Envelope::decode(record)?.event)
    }

    fn query_id(&self, progress: &Progress) -> Option<String> {
        Some(progress.query_id.0.clone())
    }

    async fn handle(&self, batch: &[Progress]) -> Result<(), Failure> {
        for progress in batch {
            let Some(named) = ReplyTarget::kept(&progress.channel_id, &progress.reply) else { continue };
            let age = Timestamp::now().duration_since(progress.timestamp);
            let answer = self.in_flight.answer(&progress.query_id);
            // This instance knows best where it asked.
            let target = answer.kept().unwrap_or(named);
            if target.is_old() || answer.has_begun_final() || age.unsigned_abs() > STALE || !note(&answer, progress) {
                continue;
            }
            tokio::spawn(show(self.rest.clone(), self.in_flight.clone(), target, answer).in_current_span());
        }
        Ok(())
    }
}

/// Keeps what is to be shown, and returns whether a task must be started to show it.
fn note(answer: &InFlightAnswer, progress: &Progress) -> bool {
    let mut partial = answer.partial.lock();
    if progress.sequence < partial.newest {
        return false;
    }
    partial.newest = progress.sequence + 1;
    partial.waiting = Some(render(progress));
    !std::mem::replace(&mut partial.at_work, true)
}

/// Shows the newest text, and later ones as they arrive, at a pace that the channel's answers share.
async fn show(rest: Arc<Rest>, in_flight: Arc<InFlightAnswers>, target: ReplyTarget, answer: Arc<InFlightAnswer>) {
    loop {
        {
            let mut partial = answer.partial.lock();
            if partial.waiting.is_none() || answer.has_begun_final() {
                partial.at_work = false;
                return;
            }
        }
        let _of_channel = in_flight.next_edit(target.channel()).await;
        let _turn = answer.turn.lock().await;
        let newest = answer.partial.lock().waiting.take();
        let Some(text) = newest.filter(|_| !answer.has_begun_final()) else { continue };
        match show_once(&rest, &target, &text).await {
            Ok(true) => {}
            Ok(false) => answer.begin_final(),
            Err(error) => tracing::debug!(%error, "failed to show a partial answer"),
        }
    }
}

/// Shows a partial answer unless the final one is there, which another instance may have delivered; returns whether
/// more of them make sense.
async fn show_once(rest: &Rest, target: &ReplyTarget, text: &str) -> Result<bool, RestError> {
    let open = target.read(rest).await?.is_some_and(|message| is_open(&message.content, message.flags));
    if open {
        target.write(rest, &text.into()).await?;
    }
    Ok(open)
}

fn render(progress: &Progress) -> String {
    let stage = match progress.stage {
        Stage::Thinking => THINKING,
        Stage::Writing => WRITING,
        Stage::Searching | Stage::Other => SEARCHING,
    };
    // Of a long text only the beginning is shown, which no longer changes.
    let text = split(&cite(&progress.text, &[]), LIMIT - 50).into_iter().next();
    text.map_or_else(|| stage.to_owned(), |text| format!("{text}\n\n-# {stage}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::in_flight::is_placeholder;
    use rtfm_shared::event::Query;

    fn progress(sequence: u64, text: &str) -> Progress {
        Progress::of(&Query::default(), sequence, Stage::Writing, text)
    }

    #[test]
    fn a_glimpse_is_recognised_as_no_answer() {
        for text in ["", "Half", &"A sentence. ".repeat(400)] {
            let shown = render(&progress(1, text));
            assert!(is_placeholder(&shown) && shown.chars().count() <= LIMIT, "{shown}");
        }
    }

    #[test]
    fn the_newest_wins_and_one_task_shows_it() {
        let answer = InFlightAnswers::default().answer(&"q".into());
        assert!(note(&answer, &progress(3, "three")), "the first needs a task");
        assert!(!note(&answer, &progress(4, "four")), "that task shows this one too");
        assert!(!note(&answer, &progress(2, "two")));
        assert!(answer.partial.lock().waiting.as_ref().unwrap().starts_with("four"));
    }
}
