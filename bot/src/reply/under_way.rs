//! The answers that this instance is busy with, so that its own edits of one placeholder never cross:
//! they take turns, and after the final text there are no more. Nothing in here must survive a restart.

use super::place::Place;
use rtfm_shared::event::QueryId;
use serenity::model::{
    channel::{Message, MessageFlags},
    id::ChannelId,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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

/// Whether a message is a placeholder still: it says so itself, so that any instance can tell.
pub(super) fn is_placeholder(content: &str) -> bool {
    let last = content.trim_end().lines().last().unwrap_or_default();
    [SEARCHING, THINKING, WRITING].contains(&last.trim_start_matches("-# ").trim())
}

/// Whether a message waits for its answer still: a placeholder, or a deferred answer to a command before
/// anything was written into it.
pub(crate) fn is_open(message: &Message) -> bool {
    is_placeholder(&message.content) || message.flags.is_some_and(|flags| flags.contains(MessageFlags::LOADING))
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct UnderWay {
    entries: Mutex<HashMap<QueryId, Arc<Answer>>>,
    /// When a channel may be edited next for a glimpse; held by the one that is being shown.
    edits: Mutex<HashMap<ChannelId, Arc<tokio::sync::Mutex<Instant>>>>,
}

/// A channel's turn to show a glimpse. The next one comes [`PACE`] after this is over, however long Discord made it wait.
#[derive(Debug)]
#[must_use]
pub(super) struct Turn(OwnedMutexGuard<Instant>);

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0 = Instant::now() + PACE;
    }
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Answer {
    since: Instant,
    begun: AtomicBool,
    shown: AtomicBool,
    /// Held while the placeholder is edited.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Where it goes, when this instance asked.
    place: Mutex<Option<Place>>,
    /// The newest glimpse that is not shown yet.
    pub(super) glimpse: Mutex<super::progress::Glimpse>,
}

impl UnderWay {
    /// The answer to a question, from now on if it is new.
    pub(crate) fn answer(&self, query: &QueryId) -> Arc<Answer> {
        let mut entries = lock(&self.entries);
        entries.retain(|_, answer| answer.since.elapsed() < KEPT);
        let fresh = || {
            Arc::new(Answer {
                since: Instant::now(),
                begun: AtomicBool::new(false),
                shown: AtomicBool::new(false),
                turn: tokio::sync::Mutex::default(),
                place: Mutex::default(),
                glimpse: Mutex::default(),
            })
        };
        entries.entry(query.clone()).or_insert_with(fresh).clone()
    }
}

impl UnderWay {
    /// Waits until a glimpse may be shown in a channel; those who wait get their turn in order.
    pub(super) async fn next_edit(&self, channel: ChannelId) -> Turn {
        let turn = Turn(self.edits_of(channel).lock_owned().await);
        tokio::time::sleep_until(*turn.0).await;
        turn
    }

    /// A final text is shown at once, and the next glimpse waits for it.
    pub(super) fn edited(&self, channel: ChannelId) {
        // While a glimpse is being shown, the next one waits for that.
        if let Ok(mut next) = self.edits_of(channel).try_lock() {
            *next = Instant::now() + PACE;
        }
    }

    fn edits_of(&self, channel: ChannelId) -> Arc<tokio::sync::Mutex<Instant>> {
        let (mut edits, now) = (lock(&self.edits), Instant::now());
        edits.retain(|_, next| Arc::strong_count(next) > 1 || next.try_lock().is_ok_and(|next| *next > now));
        edits.entry(channel).or_insert_with(|| Arc::new(tokio::sync::Mutex::new(now))).clone()
    }
}

impl Answer {
    /// Notes where it goes, for processors that do not say so themselves.
    pub(crate) fn keep(&self, place: &Place) {
        *lock(&self.place) = Some(place.clone());
    }

    /// Where it goes, when this instance asked.
    pub(super) fn kept(&self) -> Option<Place> {
        lock(&self.place).clone()
    }

    /// The final text has come: from now on no glimpse is shown.
    pub(super) fn begin_final(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }

    /// Whether the final text has come. It need not be shown yet, nor ever.
    pub(super) fn has_begun_final(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// The final text stands on Discord: nobody waits any more.
    pub(super) fn set_shown(&self) {
        self.shown.store(true, Ordering::SeqCst);
    }

    /// Whether the final text stands on Discord.
    pub(super) fn is_shown(&self) -> bool {
        self.shown.load(Ordering::SeqCst)
    }
}

/// A lock whose holder cannot have left it half done: every critical section is a few assignments.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_answers_of_a_channel_take_turns() {
        let (under_way, here) = (UnderWay::default(), ChannelId::new(1));
        let turn = under_way.next_edit(here).await;
        // Discord makes it wait: nobody else's turn comes before it is over.
        let next = under_way.next_edit(here);
        assert!(tokio::time::timeout(PACE / 2, next).await.is_err());
        let over = Instant::now();
        drop(turn);
        drop(under_way.next_edit(ChannelId::new(2)).await);
        let turn = under_way.next_edit(here).await;
        assert!(over.elapsed() >= PACE, "the pace counts from the end");
        drop(turn);
        under_way.edited(here);
        let over = Instant::now();
        drop(under_way.next_edit(here).await);
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
