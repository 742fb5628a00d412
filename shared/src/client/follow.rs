//! One question, from its publication to its answer.

use super::{Client, ClientError, pending::PendingAnswer, router::Router};
use crate::event::{Envelope, Progress, Query, QueryId, Response};
use futures::{StreamExt as _, stream, stream::BoxStream};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What is heard of a question.
#[derive(Clone, Debug)]
pub enum Step {
    /// How far the answer has come; each replaces the one before it.
    Progress(Progress),
    /// The answer.
    Answer(Box<Response>),
}

/// The steps of a question that is published with the first poll.
pub(super) fn steps(client: Client, query: Query, patience: Duration) -> BoxStream<'static, Result<Step, ClientError>> {
    let begin = AskState::Asking(client, Box::new(query));
    stream::unfold((begin, Instant::now() + patience), move |(state, deadline)| async move {
        let (step, state) = match state {
            AskState::Asking(client, query) => match begin_to_wait(client, *query, patience, deadline).await {
                Ok(mut question) => (question.next(deadline, patience).await, AskState::Waiting(question)),
                Err(error) => (Err(error), AskState::Over),
            },
            AskState::Waiting(mut question) => (question.next(deadline, patience).await, AskState::Waiting(question)),
            AskState::Over => return None,
        };
        let state = if matches!(step, Ok(Step::Progress(_))) { state } else { AskState::Over };
        Some((step, (state, deadline)))
    })
    .boxed()
}

enum AskState {
    Asking(Client, Box<Query>),
    Waiting(InFlightQuestion),
    Over,
}

/// A published question. The client is kept, so that its router lives as long as anybody waits.
struct InFlightQuestion {
    waiting: PendingAnswer,
    query_id: QueryId,
    router: Router,
    _client: Client,
}

async fn begin_to_wait(
    client: Client,
    query: Query,
    patience: Duration,
    deadline: Instant,
) -> Result<InFlightQuestion, ClientError> {
    let query = completed(query, patience);
    let query_id = query.query_id.clone();
    let asking = async {
        let router = client.router().await?;
        let waiting = router.pending().wait_for(&query_id)?;
        let record = Envelope::new(query, &client.inner.source).encode().map_err(ClientError::Encode)?;
        client.inner.bus.publish(record).await?;
        Ok(InFlightQuestion { waiting, query_id: query_id.clone(), router, _client: client.clone() })
    };
    match timeout_at(deadline, asking).await {
        Ok(asked) => asked,
        Err(_) => Err(ClientError::Timeout { query_id, patience }),
    }
}

fn completed(mut query: Query, patience: Duration) -> Query {
    let now = Timestamp::now();
    if query.query_id.as_str().is_empty() {
        query.query_id = QueryId(uuid::Uuid::new_v4().to_string());
    }
    if query.timestamp == Timestamp::default() {
        query.timestamp = now;
    }
    if query.expires_at.is_none() {
        query.expires_at = now.checked_add(patience).ok();
    }
    query
}

impl InFlightQuestion {
    /// The next step. An answer that is there goes before glimpses that are there.
    async fn next(&mut self, deadline: Instant, patience: Duration) -> Result<Step, ClientError> {
        let PendingAnswer { answer, glimpses, .. } = &mut self.waiting;
        let heard = async {
            tokio::select! {
                biased;
                answer = answer => answer.map(|response| Step::Answer(Box::new(response))),
                Some(glimpse) = glimpses.recv() => Ok(Step::Progress(glimpse)),
            }
        };
        match timeout_at(deadline, heard).await {
            Ok(Ok(step)) => Ok(step),
            Ok(Err(_)) => Err(ClientError::Stopped(self.router.why_it_ended())),
            Err(_) => Err(ClientError::Timeout { query_id: self.query_id.clone(), patience }),
        }
    }
}
