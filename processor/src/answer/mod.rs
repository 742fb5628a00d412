//! The answer pipeline: `bot-queries` → `bot-responses`. It retrieves ([`rtfm_memory::retrieval`]), builds a prompt,
//! generates, checks the text and responds.
//!
//! Every question gets exactly one response. Without a model, the response quotes the most relevant messages; without
//! the store, it says so. A redelivered question gets the same response id and the same target message, so it shows
//! once.

mod budget;
mod check;
mod evidence;
mod extractive;
#[cfg(fuzzing)]
pub mod fuzzing;
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
    settings::Settings,
    telemetry::trace,
    worker::{Failure, Handler},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use write::{NOTHING_FOUND, QuestionContext};

/// The `source` of this pipeline's events.
const SOURCE: &str = "rtfm/processor";

/// Answers questions from stored messages.
#[derive(Debug)]
pub struct AnswerPipeline {
    /// The bus that responses and progress go to.
    pub bus: Arc<dyn Bus>,
    /// Finds the evidence.
    pub retrieval: RetrievalPipeline,
    /// The settings of guilds.
    pub settings: Settings,
    /// The model that writes answers; without one, answers quote messages.
    pub model: Option<Arc<dyn LanguageModel>>,
    /// The time limit of an answer.
    pub time_limit: Duration,
}

impl AnswerPipeline {
    /// Answers a question. Every failure becomes a response that names it.
    pub async fn respond(&self, query: &Query, traceparent: Option<String>) -> Response {
        let started = Instant::now();
        let response = self.answer(query, traceparent).await;
        let status = status_label(response.status);
        let elapsed = started.elapsed();
        tracing::info!(query_id = %query.query_id, status, model = %response.metadata.model, ?elapsed, "answered");
        metrics::counter!("rtfm_answers_total", "status" => status).increment(1);
        metrics::histogram!("rtfm_answer_duration_seconds").record(elapsed.as_secs_f64());
        response
    }

    async fn answer(&self, query: &Query, traceparent: Option<String>) -> Response {
        if query.question.trim().is_empty() {
            return plain(
                query,
                Status::Rejected,
                "Your message has no question. Ask me something, for example `RTFM where are the docs?`",
            );
        }
        if query.question.chars().count() > Query::MAX_QUESTION_CHARS {
            return plain(
                query,
                Status::Rejected,
                &format!(
                    "Your question is too long: I can read {} characters. Please ask a shorter one.",
                    Query::MAX_QUESTION_CHARS
                ),
            );
        }
        let deadline = Deadline::of(query.expires_at, self.time_limit);
        let progress = ProgressFeed::start(self.bus.clone(), query, traceparent);
        let mut attempts = match self.retrieval.plan(query, deadline).await {
            Ok(attempts) => attempts,
            Err(error @ RetrievalError::Ambiguous(_)) => return plain(query, Status::Rejected, &error.to_string()),
            Err(RetrievalError::Store(error)) => return store_unavailable(query, &error),
        };
        let query = &Query { history: attempts.history().to_vec(), ..query.clone() };
        let mut response: Option<Response> = None;
        while let Some(attempt_result) = attempts.next().await {
            let attempt_result = match attempt_result {
                Ok(attempt_result) => attempt_result,
                // An earlier attempt's response says more than the store's error.
                Err(error) => return response.unwrap_or_else(|| store_unavailable(query, &error)),
            };
            let next = self.answer_from(query, attempt_result, attempts.unusable(), deadline, &progress).await;
            let is_found = next.status != Status::NotFound;
            response = Some(next);
            if is_found {
                break;
            }
        }
        response.unwrap_or_else(|| plain(query, Status::NotFound, NOTHING_FOUND))
    }

    /// The response to the result of one search attempt.
    async fn answer_from(
        &self,
        query: &Query,
        AttemptResult { found, attempt }: AttemptResult,
        unusable: Option<&String>,
        deadline: Deadline,
        progress: &ProgressFeed,
    ) -> Response {
        let evidence = evidence::number(&found.passages);
        let guild_settings = query.guild_id.as_ref().map(|guild| self.settings.guild(guild)).unwrap_or_default();
        let question = QuestionContext {
            query,
            subject: attempt.request.question.as_str(),
            narrowed_by: attempt.notice.as_deref(),
            filter: &attempt.filter,
            evidence: &evidence,
            confidence: found.confidence,
            guild_settings: &guild_settings,
        };
        let model = self.model.as_deref();
        let draft = write::write(model, &question, deadline, progress).await;
        let mut response = plain(query, draft.status, &draft.checked.text);
        response.metadata.model = draft.model;
        response.metadata.confidence = if draft.checked.sources.is_empty() { 0.0 } else { found.confidence.score() };
        response.metadata.sources_count = draft.checked.sources.len();
        let writing_notice = draft.notice.or_else(|| {
            found.words_only.then(|| "The embedding model is unavailable, so only words were searched.".to_owned())
        });
        let is_found = draft.status != Status::NotFound;
        let search_notice = if is_found { &attempt.notice } else { &attempt.found_nothing };
        let notices: Vec<String> =
            writing_notice.into_iter().chain(search_notice.clone()).chain(unusable.cloned()).collect();
        response.metadata.notice = (!notices.is_empty()).then(|| notices.join(" "));
        response.sources = draft.checked.sources;
        // A source without a guild belongs to the asking guild, because a channel in the question's scope led to it.
        response
            .sources
            .iter_mut()
            .for_each(|source| source.guild_id = source.guild_id.take().or(query.guild_id.clone()));
        response
    }
}

fn store_unavailable(query: &Query, error: &StoreError) -> Response {
    tracing::warn!(%error, query_id = %query.query_id, "failed to retrieve, responding without an answer");
    let text = "My memory is unavailable right now, so I cannot answer. Please ask again in a few minutes.";
    plain(query, Status::Unavailable, text)
}

fn plain(query: &Query, status: Status, text: &str) -> Response {
    let mut response = Response::to(query);
    response.status = status;
    response.response_text = text.to_owned();
    response.metadata.model = "none".to_owned();
    response
}

#[async_trait]
impl Handler for AnswerPipeline {
    type Item = Envelope<Query>;

    fn decode(&self, record: &Record) -> Result<Self::Item, Failure> {
        Ok(Envelope::decode(record)?)
    }

    /// One lane per question, so that a slow answer delays no other one.
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
