//! The answers that this instance works on. Its edits of one placeholder take turns, so they never cross, and after the
//! final text there are none. Nothing here must survive a restart.

use super::target::ReplyTarget;
use crate::discord::model::{ChannelId, MessageFlags};
use parking_lot::Mutex;
use rtfm_shared::event::QueryId;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::OwnedMutexGuard, time::Instant};

/// Longer than any question waits.
const KEPT: Duration = Duration::from_secs(20 * 60);

/// How often the bot edits in a channel, all answers there together. Discord says no number; one a second is safe.
const PACE: Duration = Duration::from_millis(1100);

/// The last line of a placeholder, by stage. A message that ends with one is no answer yet.
pub(crate) const SEARCHING: &str = "Searching…";
pub(super) const THINKING: &str = "Thinking…";
pub(super) const WRITING: &str = "Writing…";

/// Whether a message is still a placeholder. Its text shows it, so any instance knows.
pub(super) fn is_placeholder(content: &str) -> bool {
    let last = content.trim_end().lines().last().unwrap_or_default();
    [SEARCHING, THINKING, WRITING].contains(&last.trim_start_matches("-# ").trim())
}

/// Whether a message with this text and these flags waits for its answer still: a placeholder, or a deferred answer to a
/// command before anything was written into it.
pub(crate) fn is_open(content: &str, flags: Option<MessageFlags>) -> bool {
    is_placeholder(content) || flags.is_some_and(|flags| flags.contains(MessageFlags::LOADING))
}

#[derive(Debug, Default)]
pub(crate) struct InFlightAnswers {
    entries: Mutex<HashMap<QueryId, Arc<InFlightAnswer>>>,
    /// When a channel may be edited next for a partial; held by the one that is being shown.
    edits: Mutex<HashMap<ChannelId, Arc<tokio::sync::Mutex<Instant>>>>,
}

/// A channel's turn to show a partial. The next one comes [`PACE`] after this is over, however long Discord made it
/// wait.
#[derive(Debug)]
#[must_use]
pub(super) struct EditTurn(OwnedMutexGuard<Instant>);

impl Drop for EditTurn {
    fn drop(&mut self) {
        *self.0 = Instant::now() + PACE;
    }
}

#[derive(Debug)]
pub(crate) struct InFlightAnswer {
    since: Instant,
    begun: AtomicBool,
    shown: AtomicBool,
    /// Held while the placeholder is edited.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Where it goes, when this instance asked.
    target: Mutex<Option<ReplyTarget>>,
    /// The newest partial that is not shown yet.
    pub(super) partial: Mutex<super::partial::PartialAnswer>,
}

impl InFlightAnswers {
    /// The answer to a question.
    pub(crate) fn answer(&self, query: &QueryId) -> Arc<InFlightAnswer> {
        let mut entries = self.entries.lock();
        entries.retain(|_, answer| answer.since.elapsed() < KEPT);
        let fresh = || {
            Arc::new(InFlightAnswer {
                since: Instant::now(),
                begun: AtomicBool::new(false),
                shown: AtomicBool::new(false),
                turn: tokio::sync::Mutex::default(),
                target: Mutex::default(),
                partial: Mutex::default(),
            })
        };
        entries.entry(query.clone()).or_insert_with(fresh).clone()
    }

    /// Waits until a partial may be shown in a channel; those who wait get their turn in order.
    pub(super) async fn next_edit(&self, channel: ChannelId) -> EditTurn {
        let turn = EditTurn(self.edits_of(channel).lock_owned().await);
        tokio::time::sleep_until(*turn.0).await;
        turn
    }

    /// A final text is shown at once, and the next partial waits for it.
    pub(super) fn edited(&self, channel: ChannelId) {
        // While a partial is being shown, the next one waits for that.
        if let Ok(mut next) = self.edits_of(channel).try_lock() {
            *next = Instant::now() + PACE;
        }
    }

    fn edits_of(&self, channel: ChannelId) -> Arc<tokio::sync::Mutex<Instant>> {
        let (mut edits, now) = (self.edits.lock(), Instant::now());
        edits.retain(|_, next| Arc::strong_count(next) > 1 || next.try_lock().is_ok_and(|next| *next > now));
        edits.entry(channel).or_insert_with(|| Arc::new(tokio::sync::Mutex::new(now))).clone()
    }
}

impl InFlightAnswer {
    /// Keeps where it goes, for processors that do not return it.
    pub(crate) fn keep(&self, target: &ReplyTarget) {
        *self.target.lock() = Some(target.clone());
    }

    /// Where it goes, when this instance asked.
    pub(super) fn kept(&self) -> Option<ReplyTarget> {
        self.target.lock().clone()
    }

    /// The final text has come: from now on no partial is shown.
    pub(super) fn begin_final(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }

    /// Whether the final text arrived; it may not be shown yet, or never.
    pub(super) fn has_begun_final(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// The final text is on Discord.
    pub(super) fn set_shown(&self) {
        self.shown.store(true, Ordering::SeqCst);
    }

    /// Whether the final text is on Discord.
    pub(super) fn is_shown(&self) -> bool {
        self.shown.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_answers_of_a_channel_take_turns() {
        let (in_flight, here) = (InFlightAnswers::default(), ChannelId::new(1));
        let turn = in_flight.next_edit(here).await;
        // Discord makes it wait: nobody else's turn comes before it is over.
        let next = in_flight.next_edit(here);
        assert!(tokio::time::timeout(PACE / 2, next).await.is_err());
        let over = Instant::now();
        drop(turn);
        drop(in_flight.next_edit(ChannelId::new(2)).await);
        let turn = in_flight.next_edit(here).await;
        assert!(over.elapsed() >= PACE, "the pace counts from the end");
        drop(turn);
        in_flight.edited(here);
        let over = Instant::now();
        drop(in_flight.next_edit(here).await);
        assert!(over.elapsed() >= PACE - Duration::from_millis(10), "the final text counts");
    }

    #[test]
    fn a_placeholder_says_that_it_is_one() {
        for content in ["Searching…", "Half an answer\n\n-# Writing…", "-# Thinking…\n"] {
            assert!(is_placeholder(content), "{content:?}");
        }
        for content in ["", "It says \"Searching…\" there.", "Searching…\n\nFound it."] {
            assert!(!is_placeholder(content), "{content:?}");
        }
    }
}
