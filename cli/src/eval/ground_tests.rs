//! What is taken out of the ground is as if it had never been said, and comes back exactly.

use super::*;
use async_trait::async_trait;
use rtfm_processor::store::{
    FileId, IndexedFile, IndexedMessage, Legs, Neighbourhood, OutdatedPage, Removal, SearchRequest, SqliteStore,
    StoreError, VectorStore,
};
use rtfm_shared::event::{ChannelId, GuildId, MessageId, UserId};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What each message is found by.
type Texts = BTreeMap<u64, String>;

/// A store that tells what it was given to find messages by.
#[derive(Debug)]
struct Telling {
    store: SqliteStore,
    texts: Mutex<Texts>,
}

impl Telling {
    fn texts(&self) -> Texts {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything that is stored, by scroll.
    async fn stored(&self) -> Vec<ChatMessage> {
        self.store.scroll(&Filter::everything(None), None, 10_000).await.unwrap()
    }
}

#[async_trait]
impl VectorStore for Telling {
    async fn upsert(&self, messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError> {
        let texts = messages.iter().map(|m| (m.message.message_id.snowflake().unwrap(), m.index_text.whole()));
        self.texts.lock().unwrap().extend(texts.collect::<Vec<_>>());
        self.store.upsert(messages).await
    }

    async fn remove(&self, removal: &Removal) -> Result<(), StoreError> {
        let Removal::Unlisted(ids) = removal else { panic!("nothing here is removed for good: {removal:?}") };
        ids.iter().for_each(|id| drop(self.texts.lock().unwrap().remove(&id.snowflake().unwrap())));
        self.store.remove(removal).await
    }

    async fn removed_among(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError> {
        self.store.removed_among(messages).await
    }

    async fn attach(&self, files: Vec<IndexedFile>) -> Result<(), StoreError> {
        self.store.attach(files).await
    }

    async fn attached(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError> {
        self.store.attached(messages).await
    }

    async fn search(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        self.store.search(request).await
    }

    async fn telling(&self, text: &str) -> Result<Vec<f64>, StoreError> {
        self.store.telling(text).await
    }

    async fn get(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.store.get(ids).await
    }

    async fn neighbours(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError> {
        self.store.neighbours(places).await
    }

    async fn replies(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.store.replies(ids).await
    }

    async fn scroll(
        &self,
        filter: &Filter,
        after: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError> {
        self.store.scroll(filter, after, limit).await
    }

    async fn authors_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError> {
        self.store.authors_named(filter, names).await
    }

    async fn channels_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(ChannelId, String)>, StoreError> {
        self.store.channels_named(filter, names).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.store.count(filter).await
    }

    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError> {
        self.store.guilds().await
    }

    async fn outdated(&self, after: Option<&MessageId>, limit: usize) -> Result<OutdatedPage, StoreError> {
        self.store.outdated(after, limit).await
    }

    async fn renew(&self, messages: Vec<IndexedMessage>) -> Result<(), StoreError> {
        self.store.renew(messages).await
    }

    async fn forget_others(&self) -> Result<Vec<String>, StoreError> {
        self.store.forget_others().await
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.store.health().await
    }
}

/// Ground on a store that tells.
async fn ground() -> (Ground, Arc<Telling>) {
    let foundations = Foundations { qdrant: false, embedder: "none".to_owned() };
    let mut ground = Ground::open(&Env::default(), &foundations).await.unwrap();
    let directory = ground._directory.path().join("telling");
    let store = SqliteStore::open(&directory, None).await.unwrap();
    let telling = Arc::new(Telling { store, texts: Mutex::default() });
    ground.memory.store = telling.clone();
    ground.index = Index::new(telling.clone(), None);
    (ground, telling)
}

/// Two conversations with replies across them.
fn conversation() -> Vec<ChatMessage> {
    let said = |n: u64| {
        let mut message = ChatMessage {
            message_id: (1_000 + n).into(),
            content: format!("word{n} of this"),
            username: format!("user{}", n % 5),
            channel_id: (n % 2).into(),
            guild_id: Some("1".into()),
            timestamp: jiff::Timestamp::from_second(n as i64).unwrap(),
            reply_to: (n % 7 == 6).then(|| (1_000 + n - 6).into()),
            ..ChatMessage::default()
        };
        message.metadata.channel_name = Some(format!("channel{}", n % 2));
        message
    };
    (0..60).map(said).collect()
}

#[tokio::test]
async fn what_is_taken_out_is_as_if_it_had_never_been_said_and_comes_back_exactly() {
    let messages = conversation();
    let (ground, store) = ground().await;
    ground.learn(&messages, |_| {}).await.unwrap();
    let (texts, stored) = (store.texts(), store.stored().await);
    assert_eq!((texts.len(), &stored), (60, &messages));
    let absences: [&[usize]; 5] = [&[0], &[30], &[59, 57], &[10, 11, 12, 13, 14, 15, 16, 40], &[0, 6, 12, 55]];
    for absent in absences {
        let (gone, rest): (Vec<_>, Vec<_>) =
            (0..).zip(messages.clone()).partition(|(place, _): &(usize, _)| absent.contains(place));
        let only = |messages: Vec<(usize, ChatMessage)>| messages.into_iter().map(|(_, m)| m).collect::<Vec<_>>();
        let (gone, rest) = (only(gone), only(rest));
        ground.take_out(&gone).await.unwrap();
        let (never, never_said) = self::ground().await;
        never.learn(&rest, |_| {}).await.unwrap();
        assert_eq!(store.stored().await, rest, "{absent:?}");
        assert_eq!(store.texts(), never_said.texts(), "{absent:?}");
        assert!(store.texts() != texts);
        ground.put_back(&gone).await.unwrap();
        assert_eq!((store.texts(), store.stored().await), (texts.clone(), stored.clone()), "{absent:?}");
    }
}
