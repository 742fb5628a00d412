//! A decorator for stores: it runs code before or around every operation and forwards the operation itself.

use super::{
    FileId, Filter, IndexedFile, IndexedMessage, Legs, MessageStore, Neighbourhood, Removal, SearchRequest, StalePage,
    StoreError,
};
use async_trait::async_trait;
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId, UserId};
use std::{fmt::Debug, future::ready, sync::Arc};

/// Code that runs at the operations of a [`DecoratedStore`]. By default, neither method changes an operation.
pub trait StoreDecorator: Send + Sync + Debug {
    /// Runs before the inner store writes or removes messages.
    fn before(&self, _write: Write<'_>) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Awaits `call`, the inner store's operation named `operation`, and returns its result.
    fn around<T: Send>(
        &self,
        _operation: &'static str,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        call
    }
}

/// A write that is about to happen.
#[derive(Clone, Copy, Debug)]
pub enum Write<'a> {
    /// [`MessageStore::upsert`] of these messages.
    Upsert(&'a [IndexedMessage]),
    /// [`MessageStore::reindex`] of these messages.
    Reindex(&'a [IndexedMessage]),
    /// [`MessageStore::remove`] with this removal.
    Remove(&'a Removal),
}

/// Forwards every operation to `store`, with `decorator`'s code before or around it.
///
/// Metrics and traces use the operation names as labels. Dashboards depend on them, so some differ from the method's
/// name.
#[derive(Debug)]
pub struct DecoratedStore<D> {
    /// The inner store, which does the work.
    pub store: Arc<dyn MessageStore>,
    /// The code that runs at the inner store's operations.
    pub decorator: D,
}

#[async_trait]
impl<D: StoreDecorator> MessageStore for DecoratedStore<D> {
    async fn upsert(&self, messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError> {
        self.decorator.before(Write::Upsert(&messages)).await;
        self.decorator.around("upsert", self.store.upsert(messages)).await
    }

    async fn removed_among(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError> {
        self.decorator.around("removed_among", self.store.removed_among(messages)).await
    }

    async fn attach(&self, files: Vec<IndexedFile>) -> Result<(), StoreError> {
        self.decorator.around("attach", self.store.attach(files)).await
    }

    async fn attached(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError> {
        self.decorator.around("attached", self.store.attached(messages)).await
    }

    async fn remove(&self, removal: &Removal) -> Result<(), StoreError> {
        self.decorator.before(Write::Remove(removal)).await;
        self.decorator.around("remove", self.store.remove(removal)).await
    }

    async fn search(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        self.decorator.around("search", self.store.search(request)).await
    }

    async fn term_idfs(&self, filter: &Filter, text: &str) -> Result<Vec<f64>, StoreError> {
        self.decorator.around("telling", self.store.term_idfs(filter, text)).await
    }

    async fn get(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.decorator.around("get", self.store.get(ids)).await
    }

    async fn neighbours(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError> {
        self.decorator.around("neighbours", self.store.neighbours(places)).await
    }

    async fn replies(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.decorator.around("replies", self.store.replies(ids)).await
    }

    async fn scroll(
        &self,
        filter: &Filter,
        after: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError> {
        self.decorator.around("scroll", self.store.scroll(filter, after, limit)).await
    }

    async fn authors_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError> {
        self.decorator.around("authors_named", self.store.authors_named(filter, names)).await
    }

    async fn channels_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(ChannelId, String)>, StoreError> {
        self.decorator.around("channels_named", self.store.channels_named(filter, names)).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.decorator.around("count", self.store.count(filter)).await
    }

    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError> {
        self.decorator.around("guilds", self.store.guilds()).await
    }

    async fn stale(&self, after: Option<&MessageId>, limit: usize) -> Result<StalePage, StoreError> {
        self.decorator.around("outdated", self.store.stale(after, limit)).await
    }

    async fn reindex(&self, messages: Vec<IndexedMessage>) -> Result<(), StoreError> {
        self.decorator.before(Write::Reindex(&messages)).await;
        self.decorator.around("renew", self.store.reindex(messages)).await
    }

    async fn drop_other_spaces(&self) -> Result<Vec<String>, StoreError> {
        self.decorator.around("forget_others", self.store.drop_other_spaces()).await
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.decorator.around("health", self.store.health()).await
    }
}
