//! An unavailable store.

use async_trait::async_trait;
use rtfm_memory::store::{
    FileId, Filter, IndexedFile, IndexedMessage, Legs, MessageStore, Neighbourhood, Removal, SearchRequest, StalePage,
    StoreError,
};
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId, UserId};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fails every request and counts them.
#[derive(Debug, Default)]
pub(crate) struct UnavailableStore(pub(crate) AtomicUsize);

impl UnavailableStore {
    fn away<T>(&self) -> Result<T, StoreError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(StoreError::Unavailable("no route to host".to_owned()))
    }
}

#[async_trait]
impl MessageStore for UnavailableStore {
    async fn upsert(&self, _messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError> {
        self.away()
    }

    async fn removed_among(&self, _messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError> {
        self.away()
    }

    async fn attach(&self, _files: Vec<IndexedFile>) -> Result<(), StoreError> {
        self.away()
    }

    async fn attached(&self, _messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError> {
        self.away()
    }

    async fn remove(&self, _removal: &Removal) -> Result<(), StoreError> {
        self.away()
    }

    async fn search(&self, _request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        self.away()
    }

    async fn term_idfs(&self, _filter: &Filter, _text: &str) -> Result<Vec<f64>, StoreError> {
        self.away()
    }

    async fn get(&self, _ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.away()
    }

    async fn neighbours(&self, _places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError> {
        self.away()
    }

    async fn replies(&self, _ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.away()
    }

    async fn scroll(
        &self,
        _filter: &Filter,
        _after: Option<&MessageId>,
        _limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError> {
        self.away()
    }

    async fn authors_named(&self, _filter: &Filter, _names: &[String]) -> Result<Vec<(UserId, String)>, StoreError> {
        self.away()
    }

    async fn channels_named(
        &self,
        _filter: &Filter,
        _names: &[String],
    ) -> Result<Vec<(ChannelId, String)>, StoreError> {
        self.away()
    }

    async fn count(&self, _filter: &Filter) -> Result<u64, StoreError> {
        self.away()
    }

    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError> {
        self.away()
    }

    async fn stale(&self, _after: Option<&MessageId>, _limit: usize) -> Result<StalePage, StoreError> {
        self.away()
    }

    async fn reindex(&self, _messages: Vec<IndexedMessage>) -> Result<(), StoreError> {
        self.away()
    }

    async fn drop_other_spaces(&self) -> Result<Vec<String>, StoreError> {
        self.away()
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.away()
    }
}
