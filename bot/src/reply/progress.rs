//! Glimpses of an answer under way: the placeholder shows the newest, at most about one a second, and
//! none after the final text. Losing one loses nothing.

use super::{
    cite::cite,
    place::Place,
    split::{LIMIT, split},
    under_way::{Answer, SEARCHING, THINKING, UnderWay, WRITING, is_open, lock},
};
use crate::rest::{Rest, RestError};
use async_trait::async_trait;
use jiff::Timestamp;
use rtfm_shared::{
    bus::Record,
    event::{Envelope, Progress, Stage},
    worker::{Failure, Handler},
};
use std::{sync::Arc, time::Duration};
use tracing::Instrument;

/// A glimpse that was on its way for longer is of no use any more.
const STALE: Duration = Duration::from_secs(5);

/// The consumer of `bot-progress`.
pub(crate) struct Glimpses {
    pub(crate) rest: Arc<Rest>,
    pub(crate) under_way: Arc<UnderWay>,
}

/// What an answer shows and is to show.
#[derive(Debug, Default)]
pub(super) struct Glimpse {
    newest: u64,
    waiting: Option<String>,
    /// Whether a task is at work that will show what waits.
    at_work: bool,
}

#[async_trait]
impl Handler for Glimpses {
    type Item = Progress;

    fn decode(&self, record: &Record) -> Result<Progress, Failure> {
        Ok(Envelope::decode(record)?.event)
    }

    fn query_id(&self, progress: &Progress) -> Option<String> {
        Some(progress.query_id.0.clone())
    }

    async fn handle(&self, batch: &[Progress]) -> Result<(), Failure> {
        for progress in batch {
            let Some(place) = Place::kept(&progress.channel_id, &progress.reply) else { continue };
            if place.is_old() {
                continue;
            }
            let age = Timestamp::now().duration_since(progress.timestamp);
            let answer = self.under_way.answer(&progress.query_id);
            if answer.has_begun_final() || age.unsigned_abs() > STALE || !note(&answer, progress) {
                continue;
            }
            tokio::spawn(show(self.rest.clone(), self.under_way.clone(), place, answer).in_current_span());
        }
        Ok(())
    }
}

/// Notes what is to be shown, and says whether a task is needed to show it.
fn note(answer: &Answer, progress: &Progress) -> bool {
    let mut glimpse = lock(&answer.glimpse);
    if progress.sequence < glimpse.newest {
        return false;
    }
    glimpse.newest = progress.sequence + 1;
    glimpse.waiting = Some(render(progress));
    !std::mem::replace(&mut glimpse.at_work, true)
}

/// Shows the newest glimpse, and those that come meanwhile, at a pace that the channel's answers share.
async fn show(rest: Arc<Rest>, under_way: Arc<UnderWay>, place: Place, answer: Arc<Answer>) {
    loop {
        {
            let mut glimpse = lock(&answer.glimpse);
            if glimpse.waiting.is_none() || answer.has_begun_final() {
                glimpse.at_work = false;
                return;
            }
        }
        let _of_channel = under_way.next_edit(place.channel()).await;
        let _turn = answer.turn.lock().await;
        let newest = lock(&answer.glimpse).waiting.take();
        let Some(text) = newest.filter(|_| !answer.has_begun_final()) else { continue };
        match glance(&rest, &place, &text).await {
            Ok(true) => {}
            Ok(false) => answer.begin_final(),
            Err(error) => tracing::debug!(%error, "a glimpse of an answer is not shown"),
        }
    }
}

/// Shows a glimpse unless the answer stands there already, which another instance may have delivered; says
/// whether more glimpses make sense.
async fn glance(rest: &Rest, place: &Place, text: &str) -> Result<bool, RestError> {
    let open = place.read(rest).await?.is_some_and(|message| is_open(&message));
    if open {
        place.write(rest, &text.into()).await?;
    }
    Ok(open)
}

fn render(progress: &Progress) -> String {
    let stage = match progress.stage {
        Stage::Thinking => THINKING,
        Stage::Writing => WRITING,
        Stage::Searching | Stage::Other => SEARCHING,
    };
    // The beginning stands still while the rest is written, so only it is shown of a long text.
    let text = split(&cite(&progress.text, &[]), LIMIT - 50).into_iter().next();
    text.map_or_else(|| stage.to_owned(), |text| format!("{text}\n\n-# {stage}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::under_way::is_placeholder;
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
        let answer = UnderWay::default().answer(&"q".into());
        assert!(note(&answer, &progress(3, "three")), "the first needs a task");
        assert!(!note(&answer, &progress(4, "four")), "that task shows this one too");
        assert!(!note(&answer, &progress(2, "two")));
        assert!(lock(&answer.glimpse).waiting.as_ref().unwrap().starts_with("four"));
    }
}
