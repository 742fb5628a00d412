//! Hidden messages leave the memory as if they had never been sent, and `restore` brings them back exactly.

use super::*;
use rtfm_memory::store::{DecoratedStore, Filter, MessageStore, Removal, SqliteStore, StoreDecorator, Write};
use rtfm_shared::event::MessageId;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The index text of each message.
type Texts = BTreeMap<u64, String>;

/// Records the index texts that a store receives.
#[derive(Debug, Default)]
struct IndexTextRecorder(Mutex<Texts>);

impl IndexTextRecorder {
    fn texts(&self) -> Texts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl StoreDecorator for IndexTextRecorder {
    async fn before(&self, write: Write<'_>) {
        let id = |id: &MessageId| id.snowflake().unwrap();
        let mut texts = self.0.lock().unwrap();
        match write {
            Write::Upsert(messages) | Write::Reindex(messages) => {
                texts.extend(messages.iter().map(|m| (id(&m.message.message_id), m.index_text.whole())));
            }
            Write::Remove(Removal::Unlisted(ids)) => ids.iter().for_each(|one| drop(texts.remove(&id(one)))),
            Write::Remove(other) => panic!("unexpected removal: {other:?}"),
        }
    }
}

async fn stored(store: &dyn MessageStore) -> Vec<ChatMessage> {
    store.scroll(&Filter::everything(None), None, 10_000).await.unwrap()
}

/// A memory whose store records its index texts.
async fn recorded_memory() -> (TemporaryMemory, Arc<DecoratedStore<IndexTextRecorder>>) {
    let mut memory = TemporaryMemory::open(&Env::default(), EvalStore::Sqlite, "none").await.unwrap();
    let directory = memory._directory.path().join("recorded");
    let store = SqliteStore::open(&directory, None).await.unwrap();
    let recorded = Arc::new(DecoratedStore { store: Arc::new(store), decorator: IndexTextRecorder::default() });
    memory.searchable.store = recorded.clone();
    memory.index = IndexPipeline::new(recorded.clone(), None);
    (memory, recorded)
}

/// Two conversations with replies across them.
fn conversation() -> Vec<ChatMessage> {
    let message = |n: u64| {
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
    (0..60).map(message).collect()
}

#[tokio::test]
async fn hidden_messages_leave_no_trace_and_are_restored_exactly() {
    let messages = conversation();
    let (memory, store) = recorded_memory().await;
    memory.index(&messages, |_| {}).await.unwrap();
    let (texts, kept) = (store.decorator.texts(), stored(&*store).await);
    assert_eq!((texts.len(), &kept), (60, &messages));
    let hidden_sets: [&[usize]; 5] = [&[0], &[30], &[59, 57], &[10, 11, 12, 13, 14, 15, 16, 40], &[0, 6, 12, 55]];
    for hidden in hidden_sets {
        let (gone, rest): (Vec<_>, Vec<_>) =
            (0..).zip(messages.clone()).partition(|(place, _): &(usize, _)| hidden.contains(place));
        let only = |messages: Vec<(usize, ChatMessage)>| messages.into_iter().map(|(_, m)| m).collect::<Vec<_>>();
        let (gone, rest) = (only(gone), only(rest));
        memory.hide(&gone).await.unwrap();
        let (smaller, smaller_store) = recorded_memory().await;
        smaller.index(&rest, |_| {}).await.unwrap();
        assert_eq!(stored(&*store).await, rest, "{hidden:?}");
        assert_eq!(store.decorator.texts(), smaller_store.decorator.texts(), "{hidden:?}");
        assert!(store.decorator.texts() != texts);
        memory.restore(&gone).await.unwrap();
        assert_eq!((store.decorator.texts(), stored(&*store).await), (texts.clone(), kept.clone()), "{hidden:?}");
    }
}
