//! A question → what its answer rests on: what it means, and what is found in one way after the other. All that an
//! answer does before anybody writes it; what `rtfm eval` measures, with neither a bus nor a model.

use super::{
    Deadline, RetrievalResult, Retriever, SearchAttempt,
    plan::{self, QueryPlan, ResolvedScope},
};
use crate::{
    query::{self, AskingContext},
    store::{StoreError, VectorStore},
};
use jiff::{Timestamp, tz::TimeZone};
use rtfm_models::{embed::Embedder, llm::LanguageModel};
use rtfm_shared::{
    event::{GuildId, Query},
    settings::Settings,
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, info_span};

/// Pause between two tries to reach the memory.
const MEMORY_PAUSE: Duration = Duration::from_millis(250);

/// Looks for what answers questions.
#[derive(Clone, Debug)]
pub struct RetrievalPipeline {
    /// What is searched.
    pub store: Arc<dyn VectorStore>,
    /// Vectors for questions; must be the one the store was filled with.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Who makes a question that goes on from a conversation stand alone; without one, rules do.
    pub cheap: Option<Arc<dyn LanguageModel>>,
    /// Where the days of askers begin.
    pub time_zone: TimeZone,
    /// What people and guilds decided about what is found.
    pub settings: Settings,
}

/// What was found in one way.
#[derive(Debug, Default)]
pub struct AttemptResult {
    /// What was found.
    pub found: RetrievalResult,
    /// The way.
    pub attempt: SearchAttempt,
}

/// Why nothing can be looked for.
#[derive(Debug, thiserror::Error)]
pub enum RetrievalError {
    /// The question does not say which guild is meant, and there are several: these.
    #[error("There are several servers in this memory; say which one is meant: {}.", listed(.0))]
    Ambiguous(Vec<GuildId>),
    /// The memory cannot be searched.
    #[error(transparent)]
    Memory(#[from] StoreError),
}

fn listed(guilds: &[GuildId]) -> String {
    guilds.iter().map(GuildId::as_str).collect::<Vec<_>>().join(", ")
}

/// The ways in which an answer to one question is looked for, each gone when it is asked for.
#[derive(Debug)]
pub struct PlannedAttempts<'a> {
    look: &'a RetrievalPipeline,
    plan: QueryPlan,
    attempts: std::vec::IntoIter<SearchAttempt>,
    deadline: Deadline,
}

impl RetrievalPipeline {
    /// What an answer without a model would rest on: what was found in the first way that suffices, or else, where the
    /// answer would be that nothing was found, in the last, which is the widest.
    pub async fn retrieve(&self, query: &Query, limit: Duration) -> Result<AttemptResult, RetrievalError> {
        let mut ways = self.plan(query, Deadline::of(query.expires_at, limit)).await?;
        let mut widest = AttemptResult::default();
        while let Some(sight) = ways.next().await {
            widest = sight?;
            if widest.found.confidence.suffices {
                break;
            }
        }
        Ok(widest)
    }

    /// What the question means, and where its answer may be looked for.
    pub async fn plan(&self, query: &Query, deadline: Deadline) -> Result<PlannedAttempts<'_>, RetrievalError> {
        let mut plan = self.understand(query, deadline).instrument(info_span!("understand")).await?;
        let attempts = std::mem::take(&mut plan.attempts).into_iter();
        Ok(PlannedAttempts { look: self, plan, attempts, deadline })
    }

    async fn understand(&self, query: &Query, deadline: Deadline) -> Result<QueryPlan, RetrievalError> {
        let asked = if query.timestamp > Timestamp::UNIX_EPOCH { query.timestamp } else { Timestamp::now() };
        let understood = query::understand(query, AskingContext { now: asked, zone: &self.time_zone });
        let left = deadline.memory.saturating_duration_since(Instant::now()) / 4;
        let cheap = self.cheap.as_deref().filter(|_| !deadline.late);
        let standalone = plan::rewrite(cheap, query, &understood, left).await;
        let planned = patiently(deadline, || async {
            let base = match plan::resolve_scope(&*self.store, query).await? {
                ResolvedScope::Ambiguous(guilds) => return Ok(Err(RetrievalError::Ambiguous(guilds))),
                ResolvedScope::Filter(filter) => filter,
            };
            let zone = &self.time_zone;
            plan::plan(&*self.store, &base, &understood, query, standalone.as_deref(), zone).await.map(Ok)
        });
        planned.await?
    }
}

impl PlannedAttempts<'_> {
    /// What is found in the next way; `None` when there is no other.
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

    /// What the question names and cannot be used, for the reader.
    pub fn unusable(&self) -> Option<&String> {
        self.plan.unusable.as_ref()
    }

    /// Looks for evidence in one way, again and again until the memory answers or time is up.
    async fn find(&self, attempt: &SearchAttempt) -> Result<RetrievalResult, StoreError> {
        let Self { look, plan, deadline, .. } = self;
        let retriever = Retriever::new(look.store.clone(), look.embedder.clone(), look.settings.clone());
        let SearchAttempt { filter, request, browses, .. } = attempt;
        if *browses {
            return patiently(*deadline, || retriever.browse(filter)).await;
        }
        // Most of the time is the memory's.
        let vector = retriever.vector(request, deadline.memory.saturating_duration_since(Instant::now()) / 3).await;
        patiently(*deadline, || async {
            let linked = retriever.linked(&plan.linked, &plan.seen).await?;
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
    /// What the reader of an answer that rests on this should know of where it was looked for.
    pub fn notice(&self) -> Option<&str> {
        self.attempt.notice.as_deref()
    }
}

/// Asks the memory again and again until it answers or time is up.
async fn patiently<T, F: Future<Output = Result<T, StoreError>>>(
    deadline: Deadline,
    ask: impl Fn() -> F,
) -> Result<T, StoreError> {
    let mut last = StoreError::Unavailable("it did not answer in time".to_owned());
    loop {
        match timeout_at(deadline.memory, ask()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error @ StoreError::Unavailable(_))) => last = error,
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(last),
        }
        if Instant::now() + MEMORY_PAUSE >= deadline.memory {
            return Err(last);
        }
        sleep(MEMORY_PAUSE).await;
    }
}
