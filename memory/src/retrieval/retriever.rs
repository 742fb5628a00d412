//! One attempt: search → fuse → expand → judge, inside a filter.

use super::{
    Confidence, QueryVector, RetrievalRequest, RetrievalResult,
    expand::{ConversationWindows, passages, propagate},
    fuse::{SoftFilter, boosted, fuse, merged},
    search::{LEG_LIMIT, legs},
};
use crate::{
    store::{Filter, Hit, MessageStore, SearchRequest, StoreError},
    visibility::VisibilityPolicy,
};
use rtfm_models::embed::Embedder;
use rtfm_shared::settings::Settings;
use std::{sync::Arc, time::Duration};
use tokio::{time::timeout, try_join};
use tracing::info_span;

/// The longest wait for a question's embedding; after it the lexical leg searches alone.
const EMBED_LIMIT: Duration = Duration::from_secs(8);

/// Runs single search attempts. Clones share the store and the embedder.
#[derive(Clone, Debug)]
pub struct Retriever {
    /// The message store to search.
    pub store: Arc<dyn MessageStore>,
    /// Embeds questions; must be the embedder that filled the store.
    pub embedder: Option<Arc<dyn Embedder>>,
    pub(super) policy: VisibilityPolicy,
}

impl Retriever {
    /// A retriever over `store`, whose vectors `embedder` made. `settings` feed the visibility policy.
    pub fn new(store: Arc<dyn MessageStore>, embedder: Option<Arc<dyn Embedder>>, settings: Settings) -> Self {
        Self { store, embedder, policy: VisibilityPolicy::new(settings) }
    }

    /// Embeds the request's text, within `limit` and [`EMBED_LIMIT`]. Call it once per request: retries of the store
    /// reuse the vector.
    pub async fn vector(&self, request: &RetrievalRequest, limit: Duration) -> QueryVector {
        let Some(embedder) = &self.embedder else { return QueryVector::Disabled };
        match timeout(limit.min(EMBED_LIMIT), embedder.query(&request.text)).await {
            Ok(Ok(vector)) => QueryVector::Made(vector),
            Ok(Err(error)) => {
                tracing::warn!(%error, query_id = %request.query_id, "failed to embed the question, searching by words alone");
                QueryVector::Missing
            }
            Err(_) => {
                tracing::warn!(query_id = %request.query_id, "the embedder is too slow, searching by words alone");
                QueryVector::Missing
            }
        }
    }

    /// Searches, fuses, expands and judges inside the filter. The visibility policy also drops messages whose removal
    /// was decided but has not happened yet.
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
            QueryVector::Missing | QueryVector::Disabled => None,
        };
        let search = SearchRequest { filter, text: &request.text, vector: direction, limit: LEG_LIMIT };
        let (mut found, idfs) = try_join!(legs(&*self.store, search), self.store.term_idfs(filter, &request.text))?;
        let preferred =
            request.preferred.clone().map(|preferred| SoftFilter::of(self.policy.narrow(preferred), filter));
        if let Some(preferred) = preferred.as_ref().filter(|preferred| preferred.extended != *filter) {
            found = merged(found, legs(&*self.store, SearchRequest { filter: &preferred.extended, ..search }).await?);
        }
        // The soft filter must not widen the filter.
        let is_allowed = |hit: &Hit| filter.matches(&hit.message) && self.policy.admits(&hit.message);
        found.dense.retain(is_allowed);
        found.lexical.retain(is_allowed);
        let hits = info_span!("fuse").in_scope(|| {
            let hits = boosted(fuse(found), &request.asked_in);
            match &preferred {
                Some(preferred) => preferred.boost(hits),
                None => hits,
            }
        });
        let windows = ConversationWindows::around(&*self.store, filter, &self.policy, &hits).await?;
        let ranking = info_span!("expand").in_scope(|| propagate(hits, &windows, filter));
        let passages = info_span!("passages").in_scope(|| passages(&ranking, &windows));
        let mut confidence =
            info_span!("judge").in_scope(|| Confidence::of(&request.question, &idfs, &ranking, &passages));
        if request.has_context {
            confidence = confidence.covered_by(&request.question, &passages);
        }
        Ok(RetrievalResult { ranking, passages, confidence, words_only: matches!(vector, QueryVector::Missing) })
    }
}
