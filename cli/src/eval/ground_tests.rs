//! What is taken out of the ground is as if it had never been said, and comes back exactly.

use super::*;
use rtfm_memory::store::{DecoratedStore, Filter, Removal, SqliteStore, StoreDecorator, VectorStore, Write};
use rtfm_shared::event::MessageId;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What each message is found by.
type Texts = BTreeMap<u64, String>;

/// Remembers what a store was given to find messages by.
#[derive(Debug, Default)]
struct Telling(Mutex<Texts>);

impl Telling {
    fn texts(&self) -> Texts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl StoreDecorator for Telling {
    async fn before(&self, write: Write<'_>) {
        let id = |id: &MessageId| id.snowflake().unwrap();
        let mut texts = self.0.lock().unwrap();
        match write {
            Write::Upsert(messages) | Write::Reindex(messages) => {
                texts.extend(messages.iter().map(|m| (id(&m.message.message_id), m.index_text.whole())));
            }
            Write::Remove(Removal::Unlisted(ids)) => ids.iter().for_each(|one| drop(texts.remove(&id(one)))),
            Write::Remove(other) => panic!("nothing here is removed for good: {other:?}"),
        }
    }
}

/// Everything that is stored, by scroll.
async fn stored(store: &dyn VectorStore) -> Vec<ChatMessage> {
    store.scroll(&Filter::everything(None), None, 10_000).await.unwrap()
}

/// Ground on a store that tells.
async fn ground() -> (Ground, Arc<DecoratedStore<Telling>>) {
    let foundations = Foundations { qdrant: false, embedder: "none".to_owned() };
    let mut ground = Ground::open(&Env::default(), &foundations).await.unwrap();
    let directory = ground._directory.path().join("telling");
    let store = SqliteStore::open(&directory, None).await.unwrap();
    let telling = Arc::new(DecoratedStore { store: Arc::new(store), around: Telling::default() });
    ground.memory.store = telling.clone();
    ground.index = IndexPipeline::new(telling.clone(), None);
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
    let (texts, kept) = (store.around.texts(), stored(&*store).await);
    assert_eq!((texts.len(), &kept), (60, &messages));
    let absences: [&[usize]; 5] = [&[0], &[30], &[59, 57], &[10, 11, 12, 13, 14, 15, 16, 40], &[0, 6, 12, 55]];
    for absent in absences {
        let (gone, rest): (Vec<_>, Vec<_>) =
            (0..).zip(messages.clone()).partition(|(place, _): &(usize, _)| absent.contains(place));
        let only = |messages: Vec<(usize, ChatMessage)>| messages.into_iter().map(|(_, m)| m).collect::<Vec<_>>();
        let (gone, rest) = (only(gone), only(rest));
        ground.take_out(&gone).await.unwrap();
        let (never, never_said) = self::ground().await;
        never.learn(&rest, |_| {}).await.unwrap();
        assert_eq!(stored(&*store).await, rest, "{absent:?}");
        assert_eq!(store.around.texts(), never_said.around.texts(), "{absent:?}");
        assert!(store.around.texts() != texts);
        ground.put_back(&gone).await.unwrap();
        assert_eq!((store.around.texts(), stored(&*store).await), (texts.clone(), kept.clone()), "{absent:?}");
    }
}
