//! The one subscription behind all questions of a client: a task that hears answers and glimpses and hands each to
//! whoever waits for it.

use super::{ClientError, pending::PendingQuestions};
use crate::{
    bus::{Bus, Record, Tail, topics},
    event::{Envelope, Progress, Response},
};
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::task::AbortHandle;

const TOPICS: [&str; 2] = [topics::RESPONSES, topics::PROGRESS];

/// The way to the task. It ends with the last of these.
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
    /// Subscribes; whatever is said from now on is heard.
    pub(super) async fn start(bus: Arc<dyn Bus>) -> Result<Self, ClientError> {
        let tail = Tail::from_end(bus, &TOPICS).await?;
        let (pending, ended) = (PendingQuestions::default(), Arc::<Mutex<String>>::default());
        let (listening, why) = (pending.clone(), ended.clone());
        let task = tokio::spawn(async move {
            let error = tail.listen(|record| route(&listening, record)).await;
            tracing::error!(%error, "answers are not heard any more");
            *why.lock() = error.to_string();
            listening.dismiss();
        });
        Ok(Self { pending, task: Arc::new(RouterTask { handle: task.abort_handle(), ended }) })
    }

    /// Who waits for what.
    pub(super) fn pending(&self) -> &PendingQuestions {
        &self.pending
    }

    /// Whether it still listens.
    pub(super) fn runs(&self) -> bool {
        !self.task.handle.is_finished() && self.why_it_ended().is_empty()
    }

    /// What ended it; empty while it runs.
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
        Envelope::<Progress>::decode(record).map(|progress| pending.glimpsed(progress.event))
    };
    if let Err(error) = read {
        tracing::debug!(%error, at = %record.at, offset = record.offset, "a record cannot be read");
    }
}
