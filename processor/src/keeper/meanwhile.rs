//! Two processors in each other's way: between two steps of the one, the other does its work.

use super::tests::{created, said, stages};
use crate::{
    index::Index,
    store::{
        FileId, Filter, IndexedFile, IndexedMessage, Legs, Neighbourhood, OutdatedPage, Removal, SearchRequest,
        StoreError, VectorStore,
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use rtfm_shared::event::{AuthorForgotten, ChannelId, ChatMessage, GuildId, MessageEvent, MessageId, UserId};
use std::sync::{Arc, Mutex};

/// A store before one of whose writes somebody else comes.
#[derive(Debug)]
struct Meanwhile {
    inner: Arc<dyn VectorStore>,
    /// Before which write, who, and what they do.
    comes: Mutex<Option<(&'static str, Index, MessageEvent)>>,
}

impl Meanwhile {
    fn index(inner: &Arc<dyn VectorStore>, before: &'static str, what: MessageEvent) -> Index {
        let other = Index::new(inner.clone(), None);
        Index::new(Arc::new(Self { inner: inner.clone(), comes: Mutex::new(Some((before, other, what))) }), None)
    }

    async fn before(&self, write: &str) {
        let comes = self.comes.lock().unwrap().take_if(|(before, ..)| *before == write);
        if let Some((_, other, what)) = comes {
            other.apply(&[what]).await.unwrap();
        }
    }
}

#[async_trait]
impl VectorStore for Meanwhile {
    async fn upsert(&self, messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError> {
        self.before("upsert").await;
        self.inner.upsert(messages).await
    }

    async fn removed_among(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError> {
        self.inner.removed_among(messages).await
    }

    async fn attach(&self, files: Vec<IndexedFile>) -> Result<(), StoreError> {
        self.inner.attach(files).await
    }

    async fn attached(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError> {
        self.inner.attached(messages).await
    }

    async fn remove(&self, removal: &Removal) -> Result<(), StoreError> {
        self.before("remove").await;
        self.inner.remove(removal).await
    }

    async fn search(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        self.inner.search(request).await
    }

    async fn telling(&self, text: &str) -> Result<Vec<f64>, StoreError> {
        self.inner.telling(text).await
    }

    async fn get(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.inner.get(ids).await
    }

    async fn neighbours(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError> {
        self.inner.neighbours(places).await
    }

    async fn replies(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.inner.replies(ids).await
    }

    async fn scroll(
        &self,
        filter: &Filter,
        after: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError> {
        self.inner.scroll(filter, after, limit).await
    }

    async fn authors_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError> {
        self.inner.authors_named(filter, names).await
    }

    async fn channels_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(ChannelId, String)>, StoreError> {
        self.inner.channels_named(filter, names).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.inner.count(filter).await
    }

    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError> {
        self.inner.guilds().await
    }

    async fn outdated(&self, after: Option<&MessageId>, limit: usize) -> Result<OutdatedPage, StoreError> {
        self.inner.outdated(after, limit).await
    }

    async fn renew(&self, messages: Vec<IndexedMessage>) -> Result<(), StoreError> {
        self.before("renew").await;
        self.inner.renew(messages).await
    }

    async fn forget_others(&self) -> Result<Vec<String>, StoreError> {
        self.inner.forget_others().await
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.inner.health().await
    }
}

fn ana_is_forgotten() -> MessageEvent {
    MessageEvent::AuthorForgotten(AuthorForgotten {
        user_id: "ana".into(),
        guild_id: None,
        timestamp: Timestamp::now(),
    })
}

#[tokio::test]
async fn words_that_are_forgotten_while_a_neighbour_is_being_stored_do_not_stay_with_it() {
    for stage in stages().await {
        Index::new(stage.store.clone(), None).apply(&[created(&said(1, "10", "zebra"))]).await.unwrap();
        // It has read the zebra for its neighbour's context, and then the zebra is forgotten by another processor.
        let late = Meanwhile::index(&stage.store, "upsert", ana_is_forgotten());
        late.apply(&[created(&said(2, "10", "word"))]).await.unwrap();
        assert_eq!((stage.kept().await, stage.found("zebra").await), (vec![2], vec![]));
    }
}

#[tokio::test]
async fn a_neighbour_that_is_stored_while_words_are_being_forgotten_does_not_keep_them() {
    for stage in stages().await {
        Index::new(stage.store.clone(), None).apply(&[created(&said(1, "10", "zebra"))]).await.unwrap();
        // It has seen who stands beside the zebra, and then another processor stores one more.
        let forgetting = Meanwhile::index(&stage.store, "remove", created(&said(2, "10", "word")));
        forgetting.apply(&[ana_is_forgotten()]).await.unwrap();
        assert_eq!((stage.kept().await, stage.found("zebra").await), (vec![2], vec![]));
    }
}
