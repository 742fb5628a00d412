//! The questions in flight. An entry ends with its answer or when its waiting future is dropped, so that cancelling
//! leaves nothing behind.

use super::ClientError;
use crate::event::{Progress, QueryId, Response};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};
use tokio::sync::{mpsc, oneshot};

/// Partial answers buffered for a slow reader; more are dropped.
const PARTIAL_ANSWERS: usize = 64;

#[derive(Clone, Debug, Default)]
pub(super) struct PendingQuestions(Arc<Mutex<HashMap<QueryId, Waiter>>>);

#[derive(Debug)]
struct Waiter {
    answer: oneshot::Sender<Response>,
    progress: mpsc::Sender<Progress>,
    /// The newest partial answer's sequence; older ones are dropped.
    seen: Option<u64>,
}

/// The receiving half; dropping it removes the question.
#[derive(Debug)]
pub(super) struct PendingAnswer {
    pub(super) answer: oneshot::Receiver<Response>,
    pub(super) progress: mpsc::Receiver<Progress>,
    query_id: QueryId,
    room: PendingQuestions,
}

impl PendingQuestions {
    /// Registers a question, before it is published: its answer may arrive before the publication returns.
    pub(super) fn wait_for(&self, query_id: &QueryId) -> Result<PendingAnswer, ClientError> {
        let (answer, answered) = oneshot::channel();
        let (progress, seen) = mpsc::channel(PARTIAL_ANSWERS);
        match self.0.lock().entry(query_id.clone()) {
            Entry::Occupied(_) => return Err(ClientError::Duplicate(query_id.clone())),
            Entry::Vacant(waiter) => drop(waiter.insert(Waiter { answer, progress, seen: None })),
        }
        Ok(PendingAnswer { answer: answered, progress: seen, query_id: query_id.clone(), room: self.clone() })
    }

    /// Delivers an answer. Late, repeated and other programs' answers have no waiter.
    pub(super) fn answered(&self, response: Response) {
        let waiter = self.0.lock().remove(&response.query_id);
        if let Some(waiter) = waiter {
            // The waiter may have been dropped just now.
            let _ = waiter.answer.send(response);
        }
    }

    /// Delivers a partial answer unless a newer one was delivered or the reader is behind.
    pub(super) fn progressed(&self, progress: Progress) {
        if let Some(waiter) = self.0.lock().get_mut(&progress.query_id)
            && waiter.seen.is_none_or(|seen| seen < progress.sequence)
        {
            waiter.seen = Some(progress.sequence);
            let _ = waiter.progress.try_send(progress);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Ends all waiting without an answer.
    pub(super) fn dismiss(&self) {
        self.0.lock().clear();
    }
}

impl Drop for PendingAnswer {
    fn drop(&mut self) {
        // An answered question has no entry, and another question may have taken its id.
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
    fn a_dropped_waiter_leaves_nothing_behind() {
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
            room.progressed(Progress::of(&query("a"), sequence, Stage::Writing, ""));
        }
        let seen: Vec<u64> =
            std::iter::from_fn(|| waiting.progress.try_recv().ok()).map(|partial| partial.sequence).collect();
        assert_eq!(seen, [1, 3, 4]);
        (5..500).for_each(|n| room.progressed(Progress::of(&query("a"), n, Stage::Writing, "")));
        assert_eq!(waiting.progress.len(), PARTIAL_ANSWERS);
    }
}
