//! `bot-queries` → `bot-responses`: retrieve ([`rtfm_memory::retrieval`]) → prompt → generate → check citations → respond.
//!
//! Every question gets exactly one response, whatever is away: with the model down, the most relevant
//! messages; with the memory down, an honest word. A question delivered twice gets the same response id
//! and the same place, so that it shows once.

mod budget;
mod check;
mod evidence;
mod extractive;
mod progress;
mod prompt;
mod write;

use crate::metric_catalogue::status_label;
use async_trait::async_trait;
use progress::ProgressFeed;
use rtfm_memory::{
    retrieval::{AttemptResult, Deadline, RetrievalError, RetrievalPipeline},
    store::StoreError,
};
use rtfm_models::llm::LanguageModel;
use rtfm_shared::{
    bus::{Bus, Record},
    event::{Envelope, Query, Response, Status},
    telemetry::trace,
    worker::{Failure, Handler},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use write::{AskedQuestion, NOTHING};

/// The logical source of what this pipeline says.
const SOURCE: &str = "rtfm/processor";

/// The answer pipeline.
#[derive(Debug)]
pub struct Answer {
    /// Where answers and glimpses go.
    pub bus: Arc<dyn Bus>,
    /// What answers rest on, and what people and guilds decided about that and how it is told.
    pub retrieval: RetrievalPipeline,
    /// Who writes; without one, answers quote.
    pub model: Option<Arc<dyn LanguageModel>>,
    /// The longest a question may take.
    pub time_limit: Duration,
}

impl Answer {
    /// The response to a question. Never fails: what goes wrong becomes an honest answer.
    pub async fn respond(&self, query: &Query, traceparent: Option<String>) -> Response {
        let started = Instant::now();
        let response = self.work_out(query, traceparent).await;
        let status = status_label(response.status);
        let elapsed = started.elapsed();
        tracing::info!(query_id = %query.query_id, status, model = %response.metadata.model, ?elapsed, "answered");
        metrics::counter!("rtfm_answers_total", "status" => status).increment(1);
        metrics::histogram!("rtfm_answer_duration_seconds").record(elapsed.as_secs_f64());
        response
    }

    async fn work_out(&self, query: &Query, traceparent: Option<String>) -> Response {
        if query.question.trim().is_empty() {
            return plain(
                query,
                Status::Rejected,
                "There is no question. Ask me something, for example `RTFM where are the docs?`",
            );
        }
        let deadline = Deadline::of(query.expires_at, self.time_limit);
        let progress = ProgressFeed::start(self.bus.clone(), query, traceparent);
        let mut attempts = match self.retrieval.plan(query, deadline).await {
            Ok(ways) => ways,
            Err(error @ RetrievalError::Ambiguous(_)) => return plain(query, Status::Rejected, &error.to_string()),
            Err(RetrievalError::Memory(error)) => return no_memory(query, &error),
        };
        let mut response: Option<Response> = None;
        while let Some(attempt_result) = attempts.next().await {
            let attempt_result = match attempt_result {
                Ok(attempt_result) => attempt_result,
                // What was tried before says more than that there was no time for another way.
                Err(error) => return response.unwrap_or_else(|| no_memory(query, &error)),
            };
            let given = self.tell(query, attempt_result, attempts.unusable(), deadline, &progress).await;
            let is_found = given.status != Status::NotFound;
            response = Some(given);
            if is_found {
                break;
            }
        }
        response.unwrap_or_else(|| plain(query, Status::NotFound, NOTHING))
    }

    /// The response that rests on what was found in one way.
    async fn tell(
        &self,
        query: &Query,
        AttemptResult { found, attempt }: AttemptResult,
        unusable: Option<&String>,
        deadline: Deadline,
        progress: &ProgressFeed,
    ) -> Response {
        let evidence = evidence::number(&found.passages);
        let server = query.guild_id.as_ref().map(|guild| self.retrieval.settings.guild(guild)).unwrap_or_default();
        let (judged, chosen) = (attempt.request.question.as_str(), attempt.notice.as_deref());
        let asked = AskedQuestion { query, judged, chosen, filter: &attempt.filter };
        let model = self.model.as_deref();
        let written = write::write(model, &asked, &evidence, found.confidence, &server, deadline, progress).await;
        let mut response = plain(query, written.status, &written.cited.text);
        response.metadata.model = written.model;
        response.metadata.confidence = if written.cited.sources.is_empty() { 0.0 } else { found.confidence.score() };
        response.metadata.sources_count = written.cited.sources.len();
        let how = written
            .notice
            .or_else(|| found.words_only.then(|| "The embedding model is away: only words were searched.".to_owned()));
        let is_found = written.status != Status::NotFound;
        let where_from = if is_found { &attempt.notice } else { &attempt.found_nothing };
        let notices: Vec<String> = how.into_iter().chain(where_from.clone()).chain(unusable.cloned()).collect();
        response.metadata.notice = (!notices.is_empty()).then(|| notices.join(" "));
        response.sources = written.cited.sources;
        // A source without a guild is of the guild that asks: it was found by a channel in the question's scope.
        response
            .sources
            .iter_mut()
            .for_each(|source| source.guild_id = source.guild_id.take().or(query.guild_id.clone()));
        response
    }
}

fn no_memory(query: &Query, error: &StoreError) -> Response {
    tracing::warn!(%error, query_id = %query.query_id, "no memory, no answer");
    let text = "My memory is unavailable right now, so I cannot answer. Please ask again in a while.";
    plain(query, Status::Unavailable, text)
}

/// A response without sources.
fn plain(query: &Query, status: Status, text: &str) -> Response {
    let mut response = Response::to(query);
    response.status = status;
    response.response_text = text.to_owned();
    response.metadata.model = "none".to_owned();
    response
}

#[async_trait]
impl Handler for Answer {
    type Item = Envelope<Query>;

    fn decode(&self, record: &Record) -> Result<Self::Item, Failure> {
        Ok(Envelope::decode(record)?)
    }

    /// Questions are independent of each other: a slow answer holds up nobody else in the channel.
    fn lane(&self, _record: &Record, item: &Self::Item) -> Vec<u8> {
        item.event.query_id.0.clone().into_bytes()
    }

    fn query_id(&self, item: &Self::Item) -> Option<String> {
        Some(item.event.query_id.0.clone())
    }

    async fn handle(&self, batch: &[Self::Item]) -> Result<(), Failure> {
        for Envelope { event: query, .. } in batch {
            let traceparent = trace::current();
            let response = self.respond(query, traceparent.clone()).await;
            let envelope = Envelope::new(response, SOURCE).caused_by(traceparent);
            let record = envelope.encode().map_err(|error| Failure::permanent("encode", error))?;
            self.bus.publish(record).await.map_err(|error| Failure::of("bus", &error))?;
        }
        Ok(())
    }
}
