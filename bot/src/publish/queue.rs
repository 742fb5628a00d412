//! A lane's queue, in order. What Discord still has is refused when it is full, and fetched later; what nobody tells
//! twice is kept at its end in few bytes ([`Overflow`]); what somebody waits for, and so comes in small numbers, is
//! always taken.

use super::{Item, overflow::Overflow};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
    /// So many items wait in full.
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    /// Something was refused since it was last told.
    refused: bool,
    closed: bool,
}

impl Queue {
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), most }
    }

    /// Whether there is room for one more. One task puts in.
    pub(super) fn has_room(&self) -> bool {
        self.state().items.len() < self.most
    }

    /// Takes an item, also where there is no room.
    pub(super) fn push(&self, item: Item) {
        self.state().items.push_back(item);
        self.changed.notify_one();
    }

    /// Keeps something at the end of a full queue.
    pub(super) fn overflow<T>(&self, keep: impl FnOnce(&mut Overflow) -> T) -> T {
        let mut state = self.state();
        if let Some(Item::Overflow(last)) = state.items.back_mut() {
            return keep(last);
        }
        let mut overflow = Box::<Overflow>::default();
        let kept = keep(&mut overflow);
        state.items.push_back(Item::Overflow(overflow));
        self.changed.notify_one();
        kept
    }

    /// A message is refused; whether it is the first since it was last told.
    pub(super) fn refuses(&self) -> bool {
        !std::mem::replace(&mut self.state().refused, true)
    }

    /// Whether something was refused, and there is room again. Told once.
    pub(super) fn has_room_again(&self) -> bool {
        let mut state = self.state();
        let has_room = state.refused && state.items.len() <= self.most / 2;
        state.refused &= !has_room;
        has_room
    }

    /// The next items, some at a time; none when it is closed and empty.
    pub(super) async fn take(&self, most: usize) -> Option<Vec<Item>> {
        loop {
            {
                let mut state = self.state();
                if !state.items.is_empty() {
                    let count = state.items.len().min(most);
                    return Some(state.items.drain(..count).collect());
                }
                if state.closed {
                    return None;
                }
            }
            // Whoever changes it after the look leaves a permit.
            self.changed.notified().await;
        }
    }

    /// Nothing comes any more.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
