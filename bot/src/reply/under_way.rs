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
use tokio::time::Instant;

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
    /// When a channel may be edited next for a glimpse.
    edits: Mutex<HashMap<ChannelId, Instant>>,
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
    /// When a glimpse may be shown in a channel; that turn is taken by asking.
    pub(super) fn next_edit(&self, channel: ChannelId) -> Instant {
        let (mut edits, now) = (lock(&self.edits), Instant::now());
        edits.retain(|_, next| *next > now);
        let turn = edits.get(&channel).copied().unwrap_or(now);
        edits.insert(channel, turn + PACE);
        turn
    }

    /// A final text is shown at once, and the next glimpse waits for it.
    pub(super) fn edited(&self, channel: ChannelId) {
        self.next_edit(channel);
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

    #[test]
    fn the_answers_of_a_channel_take_turns() {
        let (under_way, here) = (UnderWay::default(), ChannelId::new(1));
        let turns: Vec<Instant> = (0..3).map(|_| under_way.next_edit(here)).collect();
        assert!(turns[0] <= Instant::now());
        assert_eq!([turns[1] - turns[0], turns[2] - turns[1]], [PACE, PACE]);
        under_way.edited(here);
        assert_eq!(under_way.next_edit(here) - turns[2], PACE * 2, "the final text counts");
        assert!(under_way.next_edit(ChannelId::new(2)) <= Instant::now(), "another channel has a pace of its own");
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
