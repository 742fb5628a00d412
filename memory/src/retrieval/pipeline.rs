//! The pipeline: plans a question once, then runs its search attempts, narrowest first, until one suffices. `rtfm eval`
//! measures exactly this, without a bus.

use super::{
    Deadline, RetrievalResult, Retriever, SearchAttempt,
    plan::{self, QueryPlan, ResolvedScope},
};
use crate::{
    query::{self, AskingContext},
    store::StoreError,
};
use jiff::{Timestamp, tz::TimeZone};
use rtfm_models::llm::LanguageModel;
use rtfm_shared::event::{GuildId, Query, Turn};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, info_span};

/// Pause between two attempts to reach the store.
const STORE_PAUSE: Duration = Duration::from_millis(250);

/// Finds the messages that an answer may rest on.
#[derive(Clone, Debug)]
pub struct RetrievalPipeline {
    /// Runs the search attempts.
    pub retriever: Retriever,
    /// Rewrites follow-up questions into standalone ones; without it, rules do.
    pub rewriter: Option<Arc<dyn LanguageModel>>,
    /// Where "yesterday" begins and ends.
    pub time_zone: TimeZone,
}

/// The result of one search attempt.
#[derive(Debug, Default)]
pub struct AttemptResult {
    /// The messages that the attempt found.
    pub found: RetrievalResult,
    /// The attempt that found them.
    pub attempt: SearchAttempt,
}

/// The reason why a retrieval fails.
#[derive(Debug, thiserror::Error)]
pub enum RetrievalError {
    /// The query names no guild, and the store holds several: these.
    #[error("There are several servers in this memory; say which one is meant: {}.", listed(.0))]
    Ambiguous(Vec<GuildId>),
    /// The store cannot be searched.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn listed(guilds: &[GuildId]) -> String {
    guilds.iter().map(GuildId::as_str).collect::<Vec<_>>().join(", ")
}

/// A planned question with the search attempts that have not run yet.
#[derive(Debug)]
pub struct PlannedAttempts<'a> {
    pipeline: &'a RetrievalPipeline,
    plan: QueryPlan,
    history: Vec<Turn>,
    attempts: std::vec::IntoIter<SearchAttempt>,
    deadline: Deadline,
}

impl RetrievalPipeline {
    /// Runs attempts until one suffices without a model's judgement; else returns the last, which is the widest.
    pub async fn retrieve(&self, query: &Query, limit: Duration) -> Result<AttemptResult, RetrievalError> {
        let mut attempts = self.plan(query, Deadline::of(query.expires_at, limit)).await?;
        let mut widest = AttemptResult::default();
        while let Some(result) = attempts.next().await {
            widest = result?;
            if widest.found.confidence.suffices {
                break;
            }
        }
        Ok(widest)
    }

    /// Plans a question: its scope, filters and search attempts.
    pub async fn plan(&self, query: &Query, deadline: Deadline) -> Result<PlannedAttempts<'_>, RetrievalError> {
        let history = self.usable_history(query, deadline.store).await;
        let query = Query { history, ..query.clone() };
        let mut plan = self.understand(&query, deadline).instrument(info_span!("understand")).await?;
        let attempts = std::mem::take(&mut plan.attempts).into_iter();
        Ok(PlannedAttempts { pipeline: self, plan, history: query.history, attempts, deadline })
    }

    async fn understand(&self, query: &Query, deadline: Deadline) -> Result<QueryPlan, RetrievalError> {
        let asked = if query.timestamp > Timestamp::UNIX_EPOCH { query.timestamp } else { Timestamp::now() };
        let understood = query::understand(query, AskingContext { now: asked, zone: &self.time_zone });
        let rewrite_limit = deadline.store.saturating_duration_since(Instant::now()) / 4;
        let rewriter = self.rewriter.as_deref().filter(|_| !deadline.late);
        let standalone = plan::rewrite(rewriter, query, &understood, rewrite_limit).await;
        let planned = retry_until(deadline, || async {
            let base = match plan::resolve_scope(&*self.retriever.store, query).await? {
                ResolvedScope::Ambiguous(guilds) => return Ok(Err(RetrievalError::Ambiguous(guilds))),
                ResolvedScope::Filter(filter) => filter,
            };
            let zone = &self.time_zone;
            plan::plan(&*self.retriever.store, &base, &understood, query, standalone.as_deref(), zone).await.map(Ok)
        });
        planned.await?
    }
}

impl PlannedAttempts<'_> {
    /// Runs the next attempt; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<AttemptResult, StoreError>> {
        let mut attempt = self.attempts.next()?;
        let found = match self.find(&attempt).instrument(info_span!("retrieve")).await {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        if attempt.unmet.is_some() && !attempt.is_met(&found) {
            attempt.notice = attempt.unmet.take();
        }
        Some(Ok(AttemptResult { found, attempt }))
    }

    /// The turns before the question that may be used.
    pub fn history(&self) -> &[Turn] {
        &self.history
    }

    /// A notice for the reader: what the question names that cannot be used.
    pub fn unusable(&self) -> Option<&String> {
        self.plan.unusable.as_ref()
    }

    /// Runs one attempt, retrying until the store answers or its deadline passes.
    async fn find(&self, attempt: &SearchAttempt) -> Result<RetrievalResult, StoreError> {
        let Self { pipeline: RetrievalPipeline { retriever, .. }, plan, deadline, .. } = self;
        let SearchAttempt { filter, request, browses, .. } = attempt;
        if *browses {
            return retry_until(*deadline, || retriever.browse(filter)).await;
        }
        // Embedding may take a third of the time, so that two thirds stay for the store.
        let vector = retriever.vector(request, deadline.store.saturating_duration_since(Instant::now()) / 3).await;
        retry_until(*deadline, || async {
            let linked = retriever.linked(&plan.linked, &plan.visible).await?;
            let mut found = retriever.find(request, &vector, filter).await?;
            if attempt.narrows() {
                found = found.judged_inside(&request.question, filter);
            }
            Ok(found.after(linked))
        })
        .await
    }
}

impl AttemptResult {
    /// A notice for the reader: how the search was narrowed or widened.
    pub fn notice(&self) -> Option<&str> {
        self.attempt.notice.as_deref()
    }
}

/// Retries a call to an unavailable store until the deadline for it.
async fn retry_until<T, F: Future<Output = Result<T, StoreError>>>(
    deadline: Deadline,
    ask: impl Fn() -> F,
) -> Result<T, StoreError> {
    let mut last = StoreError::Unavailable("it did not answer in time".to_owned());
    loop {
        match timeout_at(deadline.store, ask()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error @ StoreError::Unavailable(_))) => last = error,
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(last),
        }
        if Instant::now() + STORE_PAUSE >= deadline.store {
            return Err(last);
        }
        sleep(STORE_PAUSE).await;
    }
}
