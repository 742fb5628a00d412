//! One attempt: search → fuse → expand → judge, inside a filter.

use super::{
    Confidence, QueryVector, RetrievalRequest, RetrievalResult,
    expand::{ConversationWindows, passages, propagate},
    fuse::{SoftFilter, boosted, fuse, merged},
    search::{LEG_LIMIT, legs},
};
use crate::{
    store::{Filter, Hit, SearchRequest, StoreError, VectorStore},
    visibility::VisibilityPolicy,
};
use rtfm_models::embed::Embedder;
use rtfm_shared::settings::Settings;
use std::{sync::Arc, time::Duration};
use tokio::{time::timeout, try_join};
use tracing::info_span;

/// The longest the question's embedding may take before words alone must do.
const EMBED_LIMIT: Duration = Duration::from_secs(8);

/// Finds what was said. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Retriever {
    pub(super) store: Arc<dyn VectorStore>,
    embedder: Option<Arc<dyn Embedder>>,
    pub(super) policy: VisibilityPolicy,
}

impl Retriever {
    /// Over this store; the embedder must be the one the store was filled with. What `settings` say must not be
    /// found is not.
    pub fn new(store: Arc<dyn VectorStore>, embedder: Option<Arc<dyn Embedder>>, settings: Settings) -> Self {
        Self { store, embedder, policy: VisibilityPolicy::new(settings) }
    }

    /// The vector of what is looked for, made once however often the memory is tried; none without an embedder, or
    /// with one that is away or takes longer than `limit` (or some seconds).
    pub async fn vector(&self, request: &RetrievalRequest, limit: Duration) -> QueryVector {
        let Some(embedder) = &self.embedder else { return QueryVector::NotWanted };
        match timeout(limit.min(EMBED_LIMIT), embedder.query(&request.text)).await {
            Ok(Ok(vector)) => QueryVector::Made(vector),
            Ok(Err(error)) => {
                tracing::warn!(%error, query_id = %request.query_id, "searching by words alone");
                QueryVector::Missing
            }
            Err(_) => {
                tracing::warn!(query_id = %request.query_id, "the embedder is too slow: searching by words alone");
                QueryVector::Missing
            }
        }
    }

    /// Finds what was said inside the filter. What was decided since it was stored, and is not removed yet, is not
    /// found any more.
    pub async fn find(
        &self,
        request: &RetrievalRequest,
        vector: &QueryVector,
        filter: &Filter,
    ) -> Result<RetrievalResult, StoreError> {
        let filter = &self.policy.narrow(filter.clone());
        if filter.is_empty() {
            return Ok(RetrievalResult::default());
        }
        let direction = match vector {
            QueryVector::Made(direction) => Some(direction.as_slice()),
            QueryVector::Missing | QueryVector::NotWanted => None,
        };
        let search = SearchRequest { filter, text: &request.text, vector: direction, limit: LEG_LIMIT };
        let (mut found, telling) = try_join!(legs(&*self.store, search), self.store.term_idfs(filter, &request.text))?;
        let preferred =
            request.preferred.clone().map(|preferred| SoftFilter::of(self.policy.narrow(preferred), filter));
        if let Some(preferred) = preferred.as_ref().filter(|preferred| preferred.near != *filter) {
            found = merged(found, legs(&*self.store, SearchRequest { filter: &preferred.near, ..search }).await?);
        }
        // What is preferred stays inside of what may be found, whatever it says.
        let may = |hit: &Hit| filter.lets_through(&hit.message) && self.policy.admits(&hit.message);
        found.dense.retain(may);
        found.lexical.retain(may);
        let hits = info_span!("fuse").in_scope(|| {
            let hits = boosted(fuse(found), &request.place);
            match &preferred {
                Some(preferred) => preferred.raise(hits),
                None => hits,
            }
        });
        let windows = ConversationWindows::around(&*self.store, filter, &self.policy, &hits).await?;
        let ranking = info_span!("expand").in_scope(|| propagate(hits, &windows, filter));
        let passages = info_span!("passages").in_scope(|| passages(&ranking, &windows));
        let mut confidence =
            info_span!("judge").in_scope(|| Confidence::of(&request.question, &telling, &ranking, &passages));
        if request.goes_on {
            confidence = confidence.covered_by(&request.question, &passages);
        }
        Ok(RetrievalResult { ranking, passages, confidence, words_only: matches!(vector, QueryVector::Missing) })
    }
}
