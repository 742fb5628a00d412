//! A lane's queue, in order. A full one refuses messages, which Discord keeps and which are fetched later; it keeps the
//! ids of edits and deletions, which cannot be refetched ([`Overflow`]); and it takes the few items that a caller waits
//! for.

use super::{QueueItem, overflow::Overflow};
use parking_lot::Mutex;
use std::collections::VecDeque;
use tokio::sync::Notify;

pub(super) struct Queue {
    state: Mutex<QueueState>,
    changed: Notify,
    /// Items that wait in full, at most.
    most: usize,
}

#[derive(Default)]
struct QueueState {
    items: VecDeque<QueueItem>,
    /// Something was refused, and room again is not reported yet.
    refused: bool,
    closed: bool,
}

impl Queue {
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), most }
    }

    /// Whether there is room for one more. Only one task adds items.
    pub(super) fn has_room(&self) -> bool {
        self.state.lock().items.len() < self.most
    }

    /// Whether there is no room for a message. If so, `has_room_again` reports when there is: a full queue has items,
    /// and the check comes after they are taken.
    pub(super) fn refuses(&self) -> bool {
        let mut state = self.state.lock();
        let is_full = state.items.len() >= self.most;
        if is_full && !std::mem::replace(&mut state.refused, true) {
            tracing::error!("queue to the bus is full, messages will be fetched later");
        }
        is_full
    }

    /// Takes an item, also into a full queue.
    pub(super) fn push(&self, item: QueueItem) {
        self.state.lock().items.push_back(item);
        self.changed.notify_one();
    }

    /// Keeps something at the end of a full queue.
    pub(super) fn overflow<T>(&self, keep: impl FnOnce(&mut Overflow) -> T) -> T {
        let mut state = self.state.lock();
        if let Some(QueueItem::Overflow(last)) = state.items.back_mut() {
            return keep(last);
        }
        let mut overflow = Box::<Overflow>::default();
        let kept = keep(&mut overflow);
        state.items.push_back(QueueItem::Overflow(overflow));
        self.changed.notify_one();
        kept
    }

    /// Whether something was refused and there is room again; true once.
    pub(super) fn has_room_again(&self) -> bool {
        let mut state = self.state.lock();
        let has_room = state.refused && state.items.len() <= self.most / 2;
        state.refused &= !has_room;
        has_room
    }

    /// The next items, some at a time; none when it is closed and empty.
    pub(super) async fn take(&self, most: usize) -> Option<Vec<QueueItem>> {
        loop {
            {
                let mut state = self.state.lock();
                if !state.items.is_empty() {
                    let count = state.items.len().min(most);
                    return Some(state.items.drain(..count).collect());
                }
                if state.closed {
                    return None;
                }
            }
            // A change after the check above leaves a permit.
            self.changed.notified().await;
        }
    }

    /// No more items come.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_one();
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().items.is_empty()
    }
}
