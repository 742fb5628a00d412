//! Measures a store: every operation's time and outcome, whichever store it is.

use super::{
    FileId, Filter, IndexedFile, IndexedMessage, Legs, Neighbourhood, OutdatedPage, Removal, SearchRequest, StoreError,
    VectorStore,
};
use crate::meters::Timed;
use async_trait::async_trait;
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId, UserId};
use std::sync::Arc;
use tracing::{Instrument, info_span};

/// A store whose operations are measured, and are spans of their traces.
#[derive(Debug)]
pub(super) struct Metered(pub(super) Arc<dyn VectorStore>);

async fn measured<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, StoreError>> + Send,
) -> Result<T, StoreError> {
    let timed = Timed::start(OPERATIONS, DURATION, operation);
    let result = call.instrument(info_span!("store", operation)).await;
    timed.end(result.as_ref().map_or_else(StoreError::outcome, |_| "ok"));
    result
}

/// How many operations there were, by operation and outcome.
pub(crate) const OPERATIONS: &str = "rtfm_store_operations_total";
/// How long they took, by operation.
pub(crate) const DURATION: &str = "rtfm_store_operation_duration_seconds";

#[async_trait]
impl VectorStore for Metered {
    async fn upsert(&self, messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError> {
        measured("upsert", self.0.upsert(messages)).await
    }

    async fn removed_among(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError> {
        measured("removed_among", self.0.removed_among(messages)).await
    }

    async fn attach(&self, files: Vec<IndexedFile>) -> Result<(), StoreError> {
        measured("attach", self.0.attach(files)).await
    }

    async fn attached(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError> {
        measured("attached", self.0.attached(messages)).await
    }

    async fn remove(&self, removal: &Removal) -> Result<(), StoreError> {
        measured("remove", self.0.remove(removal)).await
    }

    async fn search(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        measured("search", self.0.search(request)).await
    }

    async fn telling(&self, text: &str) -> Result<Vec<f64>, StoreError> {
        measured("telling", self.0.telling(text)).await
    }

    async fn get(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        measured("get", self.0.get(ids)).await
    }

    async fn neighbours(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError> {
        measured("neighbours", self.0.neighbours(places)).await
    }

    async fn replies(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        measured("replies", self.0.replies(ids)).await
    }

    async fn scroll(
        &self,
        filter: &Filter,
        after: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError> {
        measured("scroll", self.0.scroll(filter, after, limit)).await
    }

    async fn authors_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError> {
        measured("authors_named", self.0.authors_named(filter, names)).await
    }

    async fn channels_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(ChannelId, String)>, StoreError> {
        measured("channels_named", self.0.channels_named(filter, names)).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        measured("count", self.0.count(filter)).await
    }

    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError> {
        measured("guilds", self.0.guilds()).await
    }

    async fn outdated(&self, after: Option<&MessageId>, limit: usize) -> Result<OutdatedPage, StoreError> {
        measured("outdated", self.0.outdated(after, limit)).await
    }

    async fn renew(&self, messages: Vec<IndexedMessage>) -> Result<(), StoreError> {
        measured("renew", self.0.renew(messages)).await
    }

    async fn forget_others(&self) -> Result<Vec<String>, StoreError> {
        measured("forget_others", self.0.forget_others()).await
    }

    async fn health(&self) -> Result<(), StoreError> {
        measured("health", self.0.health()).await
    }
}
