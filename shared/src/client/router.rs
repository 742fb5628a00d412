//! The shared subscription of a client's questions: a task that receives answers and partial answers and delivers each
//! to its waiter.

use super::{ClientError, pending::PendingQuestions};
use crate::{
    bus::{Bus, Record, Tail, topics},
    event::{Envelope, Progress, Response},
};
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::task::AbortHandle;

const TOPICS: [&str; 2] = [topics::RESPONSES, topics::PROGRESS];

/// A handle to the task, which ends with the last handle.
#[derive(Clone, Debug)]
pub(super) struct Router {
    pending: PendingQuestions,
    task: Arc<RouterTask>,
}

#[derive(Debug)]
struct RouterTask {
    handle: AbortHandle,
    ended: Arc<Mutex<String>>,
}

impl Drop for RouterTask {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl Router {
    /// Subscribes; everything published from now on is received.
    pub(super) async fn start(bus: Arc<dyn Bus>) -> Result<Self, ClientError> {
        let tail = Tail::from_end(bus, &TOPICS).await?;
        let (pending, ended) = (PendingQuestions::default(), Arc::<Mutex<String>>::default());
        let (listening, why) = (pending.clone(), ended.clone());
        let task = tokio::spawn(async move {
            let error = tail.listen(|record| route(&listening, record)).await;
            tracing::error!(%error, "answers are no longer received");
            *why.lock() = error.to_string();
            listening.dismiss();
        });
        Ok(Self { pending, task: Arc::new(RouterTask { handle: task.abort_handle(), ended }) })
    }

    pub(super) fn pending(&self) -> &PendingQuestions {
        &self.pending
    }

    pub(super) fn runs(&self) -> bool {
        !self.task.handle.is_finished() && self.why_it_ended().is_empty()
    }

    /// Why the task ended; empty while it runs.
    pub(super) fn why_it_ended(&self) -> String {
        self.task.ended.lock().clone()
    }
}

fn route(pending: &PendingQuestions, record: &Record) {
    if pending.is_empty() {
        return;
    }
    let read = if *record.at.topic == *topics::RESPONSES {
        Envelope::<Response>::decode(record).map(|response| pending.answered(response.event))
    } else {
        Envelope::<Progress>::decode(record).map(|progress| pending.progressed(progress.event))
    };
    if let Err(error) = read {
        tracing::debug!(%error, at = %record.at, offset = record.offset, "failed to decode a record");
    }
}
