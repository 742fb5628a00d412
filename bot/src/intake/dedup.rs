//! Messages that were handled recently, so that each is handled once though it may come as an event and fetched.

use crate::discord::model::MessageId;
use std::collections::{HashSet, VecDeque};

/// More than arrive while a page of missed messages is read.
const MOST: usize = 10_000;

/// The latest messages; the oldest leave first.
#[derive(Debug, Default)]
pub(super) struct DedupCache {
    known: HashSet<MessageId>,
    order: VecDeque<MessageId>,
}

impl DedupCache {
    pub(super) fn contains(&self, message: MessageId) -> bool {
        self.known.contains(&message)
    }

    /// False when the message was there already.
    pub(super) fn insert(&mut self, message: MessageId) -> bool {
        if !self.known.insert(message) {
            return false;
        }
        self.order.push_back(message);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_new_once_and_the_oldest_are_forgotten() {
        let mut recent = DedupCache::default();
        let id = |n: usize| MessageId::new(n as u64 + 1);
        assert!(recent.insert(id(0)));
        assert!(!recent.insert(id(0)) && recent.contains(id(0)));
        assert!((1..=MOST).all(|n| recent.insert(id(n))));
        assert!(recent.insert(id(0)), "it was the oldest");
        assert!(!recent.insert(id(MOST)));
        assert_eq!((recent.known.len(), recent.order.len()), (MOST, MOST));
    }
}
