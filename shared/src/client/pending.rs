//! The questions under way: who waits for which answer. An entry goes when its answer comes, or when whoever waits
//! is dropped, so that cancelling leaves nothing behind.

use super::ClientError;
use crate::event::{Progress, QueryId, Response};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};
use tokio::sync::{mpsc, oneshot};

/// Glimpses that wait for a slow reader; more are dropped.
const GLIMPSES: usize = 64;

/// Who waits for what.
#[derive(Clone, Debug, Default)]
pub(super) struct PendingQuestions(Arc<Mutex<HashMap<QueryId, Waiter>>>);

/// One who waits.
#[derive(Debug)]
struct Waiter {
    answer: oneshot::Sender<Response>,
    glimpses: mpsc::Sender<Progress>,
    /// The newest glimpse's sequence: older ones come too late.
    seen: Option<u64>,
}

/// A place in the waiting room, given up when it is dropped.
#[derive(Debug)]
pub(super) struct PendingAnswer {
    pub(super) answer: oneshot::Receiver<Response>,
    pub(super) glimpses: mpsc::Receiver<Progress>,
    query_id: QueryId,
    room: PendingQuestions,
}

impl PendingQuestions {
    /// Takes a place. Before the question is published, since its answer may be quicker than the publisher.
    pub(super) fn wait_for(&self, query_id: &QueryId) -> Result<PendingAnswer, ClientError> {
        let (answer, answered) = oneshot::channel();
        let (glimpses, seen) = mpsc::channel(GLIMPSES);
        match self.0.lock().entry(query_id.clone()) {
            Entry::Occupied(_) => return Err(ClientError::Duplicate(query_id.clone())),
            Entry::Vacant(waiter) => drop(waiter.insert(Waiter { answer, glimpses, seen: None })),
        }
        Ok(PendingAnswer { answer: answered, glimpses: seen, query_id: query_id.clone(), room: self.clone() })
    }

    /// Hands an answer to whoever waits for it. Nobody does for a late one, a second one, or another program's.
    pub(super) fn answered(&self, response: Response) {
        let waiter = self.0.lock().remove(&response.query_id);
        if let Some(waiter) = waiter {
            // Who was dropped this very moment needs none.
            let _ = waiter.answer.send(response);
        }
    }

    /// Hands a glimpse on, unless a newer one was seen or the reader is behind.
    pub(super) fn glimpsed(&self, progress: Progress) {
        if let Some(waiter) = self.0.lock().get_mut(&progress.query_id)
            && waiter.seen.is_none_or(|seen| seen < progress.sequence)
        {
            waiter.seen = Some(progress.sequence);
            let _ = waiter.glimpses.try_send(progress);
        }
    }

    /// Whether anybody waits at all.
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Lets everybody go without an answer.
    pub(super) fn dismiss(&self) {
        self.0.lock().clear();
    }
}

impl Drop for PendingAnswer {
    fn drop(&mut self) {
        // An answered question's place is free already, and may be another's by now.
        self.answer.close();
        let mut seats = self.room.0.lock();
        if seats.get(&self.query_id).is_some_and(|waiter| waiter.answer.is_closed()) {
            seats.remove(&self.query_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Query, Stage};

    fn query(id: &str) -> Query {
        Query { query_id: id.into(), ..Query::default() }
    }

    #[test]
    fn whoever_is_dropped_leaves_nothing_behind() {
        let room = PendingQuestions::default();
        let (a, b) = (room.wait_for(&"a".into()).unwrap(), room.wait_for(&"b".into()).unwrap());
        assert!(matches!(room.wait_for(&"a".into()), Err(ClientError::Duplicate(id)) if id.as_str() == "a"));
        drop(a);
        assert_eq!(room.0.lock().len(), 1);
        room.answered(Response::to(&query("b")));
        let again = room.wait_for(&"b".into()).unwrap();
        drop(b);
        assert_eq!(room.0.lock().len(), 1, "the place of a namesake is its own");
        drop(again);
        assert!(room.is_empty());
    }

    #[test]
    fn glimpses_only_go_forward_and_never_pile_up() {
        let room = PendingQuestions::default();
        let mut waiting = room.wait_for(&"a".into()).unwrap();
        for sequence in [1, 3, 2, 3, 4] {
            room.glimpsed(Progress::of(&query("a"), sequence, Stage::Writing, ""));
        }
        let seen: Vec<u64> =
            std::iter::from_fn(|| waiting.glimpses.try_recv().ok()).map(|glimpse| glimpse.sequence).collect();
        assert_eq!(seen, [1, 3, 4]);
        (5..500).for_each(|n| room.glimpsed(Progress::of(&query("a"), n, Stage::Writing, "")));
        assert_eq!(waiting.glimpses.len(), GLIMPSES);
    }
}
