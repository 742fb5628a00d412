//! Messages for tests, and shorthands to store and read them.

use jiff::{SignedDuration, Timestamp};
use rtfm_memory::store::{Filter, Hit, IndexedMessage, MessageStore, SearchRequest};
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, UserId};

/// The dimension of test vectors.
pub const DIMENSION: usize = 8;

/// The instant `seconds` after the tests' epoch.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

/// A message by ana in channel 10 of guild 1, written `id` seconds after the tests' epoch.
pub fn message(id: u64, content: &str) -> ChatMessage {
    ChatMessage {
        message_id: id.into(),
        content: content.to_owned(),
        username: "ana".to_owned(),
        user_id: "501".into(),
        channel_id: "10".into(),
        timestamp: at(i64::try_from(id % 1_000_000).unwrap()),
        guild_id: Some("1".into()),
        ..ChatMessage::default()
    }
}

/// A unit vector along one axis that leans towards the next one.
pub fn vector(axis: usize, lean: f32) -> Vec<f32> {
    let mut vector = vec![0.0_f32; DIMENSION];
    vector[axis % DIMENSION] = 1.0;
    vector[(axis + 1) % DIMENSION] += lean;
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.into_iter().map(|number| number / length).collect()
}

/// A message to store, with builder methods for its fields.
#[derive(Clone, Debug)]
pub struct TestMessage(pub IndexedMessage);

/// A message with its content as index text, and a vector along the first axis.
pub fn indexed(id: u64, content: &str) -> TestMessage {
    TestMessage(IndexedMessage {
        message: message(id, content),
        index_text: content.into(),
        vector: Some(vector(0, 0.0)),
    })
}

impl TestMessage {
    pub fn guild(mut self, guild: &str) -> Self {
        self.0.message.guild_id = (!guild.is_empty()).then(|| GuildId::from(guild));
        self
    }
    pub fn channel(mut self, channel: &str) -> Self {
        self.0.message.channel_id = ChannelId::from(channel);
        self
    }
    pub fn author(mut self, author: &str) -> Self {
        self.0.message.user_id = UserId::from(author);
        self
    }
    pub fn edited(mut self, seconds: i64, content: &str) -> Self {
        self.0.message.edited_at = Some(at(seconds));
        self.0.message.content = content.to_owned();
        self.0.index_text = content.into();
        self
    }
    pub fn reply_to(mut self, id: u64) -> Self {
        self.0.message.reply_to = Some(id.into());
        self
    }
    pub fn vector(mut self, vector: Vec<f32>) -> Self {
        self.0.vector = Some(vector);
        self
    }
    pub fn no_vector(mut self) -> Self {
        self.0.vector = None;
        self
    }
}

/// Stores the messages in one call.
pub async fn upsert(store: &dyn MessageStore, indexed: impl IntoIterator<Item = TestMessage>) {
    store.upsert(indexed.into_iter().map(|indexed| indexed.0).collect()).await.unwrap();
}

/// A filter that includes every message.
pub fn everything() -> Filter {
    Filter::everything(None)
}

/// The snowflakes of messages.
pub fn ids<'a>(messages: impl IntoIterator<Item = &'a ChatMessage>) -> Vec<u64> {
    messages.into_iter().map(|message| message.message_id.snowflake().unwrap()).collect()
}

/// The snowflakes of hits.
pub fn hit_ids(hits: &[Hit]) -> Vec<u64> {
    ids(hits.iter().map(|hit| &hit.message))
}

/// The first ten hits of the lexical leg.
pub async fn by_words(store: &dyn MessageStore, filter: &Filter, text: &str) -> Vec<Hit> {
    let request = SearchRequest { filter, text, vector: None, limit: 10 };
    let legs = store.search(request).await.unwrap();
    assert!(legs.dense.is_empty(), "no vector was given");
    legs.lexical
}

/// The first `limit` hits of the dense leg.
pub async fn by_vector(store: &dyn MessageStore, filter: &Filter, vector: &[f32], limit: usize) -> Vec<Hit> {
    let request = SearchRequest { filter, text: "", vector: Some(vector), limit };
    let legs = store.search(request).await.unwrap();
    assert!(legs.lexical.is_empty(), "no words were given");
    legs.dense
}

/// The ids of all stored messages.
pub async fn stored(store: &dyn MessageStore) -> Vec<u64> {
    let all = store.scroll(&everything(), None, 10_000).await.unwrap();
    assert_eq!(store.count(&everything()).await.unwrap(), all.len() as u64);
    ids(&all)
}

/// The content of a stored message; `None` where it is not stored.
pub async fn content(store: &dyn MessageStore, id: u64) -> Option<String> {
    let mut found = store.get(&[id.into()]).await.unwrap();
    assert!(found.len() <= 1, "{found:?}");
    found.pop().map(|message| message.content)
}
