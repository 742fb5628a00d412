//! One question, from its publication to its answer.

use super::{Client, ClientError, pending::PendingAnswer, router::Router};
use crate::event::{Envelope, Progress, Query, QueryId, Response};
use futures::{StreamExt as _, stream, stream::BoxStream};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// An event of a question.
#[derive(Clone, Debug)]
pub enum AnswerEvent {
    /// A partial answer; it replaces the one before.
    Progress(Progress),
    Answer(Box<Response>),
}

/// The events of a question, which the first poll publishes.
pub(super) fn events(
    client: Client,
    query: Query,
    patience: Duration,
) -> BoxStream<'static, Result<AnswerEvent, ClientError>> {
    let begin = AskState::Asking(client, Box::new(query));
    stream::unfold((begin, Instant::now() + patience), move |(state, deadline)| async move {
        let (event, state) = match state {
            AskState::Asking(client, query) => match begin_to_wait(client, *query, patience, deadline).await {
                Ok(mut question) => (question.next(deadline, patience).await, AskState::Waiting(question)),
                Err(error) => (Err(error), AskState::Over),
            },
            AskState::Waiting(mut question) => (question.next(deadline, patience).await, AskState::Waiting(question)),
            AskState::Over => return None,
        };
        let state = if matches!(event, Ok(AnswerEvent::Progress(_))) { state } else { AskState::Over };
        Some((event, (state, deadline)))
    })
    .boxed()
}

enum AskState {
    Asking(Client, Box<Query>),
    Waiting(InFlightQuestion),
    Over,
}

/// A published question. It keeps the client, so that the router lives until the answer arrives.
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
    /// The next event. The answer takes precedence over partial answers.
    async fn next(&mut self, deadline: Instant, patience: Duration) -> Result<AnswerEvent, ClientError> {
        let PendingAnswer { answer, progress, .. } = &mut self.waiting;
        let heard = async {
            tokio::select! {
                biased;
                answer = answer => answer.map(|response| AnswerEvent::Answer(Box::new(response))),
                Some(partial) = progress.recv() => Ok(AnswerEvent::Progress(partial)),
            }
        };
        match timeout_at(deadline, heard).await {
            Ok(Ok(event)) => Ok(event),
            Ok(Err(_)) => Err(ClientError::Stopped(self.router.why_it_ended())),
            Err(_) => Err(ClientError::Timeout { query_id: self.query_id.clone(), patience }),
        }
    }
}
