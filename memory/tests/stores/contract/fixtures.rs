//! Messages to test with, and short ways to ask for them.

use jiff::{SignedDuration, Timestamp};
use rtfm_memory::store::{Filter, Hit, IndexedMessage, SearchRequest, VectorStore};
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, UserId};

/// Numbers in a test vector.
pub const DIMENSION: usize = 8;

/// A whole number of seconds into the story.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

/// A message that is written `id` seconds into the story, by ana in channel 10 of guild 1.
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

/// A vector that points mostly along one axis.
pub fn vector(axis: usize, lean: f32) -> Vec<f32> {
    let mut vector = vec![0.0_f32; DIMENSION];
    vector[axis % DIMENSION] = 1.0;
    vector[(axis + 1) % DIMENSION] += lean;
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.into_iter().map(|number| number / length).collect()
}

/// Something to store; the rest is changed by chaining.
#[derive(Clone, Debug)]
pub struct Said(pub IndexedMessage);

/// A message, indexed by its own text and with a vector along the first axis.
pub fn said(id: u64, content: &str) -> Said {
    Said(IndexedMessage { message: message(id, content), index_text: content.into(), vector: Some(vector(0, 0.0)) })
}

impl Said {
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

/// Stores these in one call.
pub async fn store(store: &dyn VectorStore, said: impl IntoIterator<Item = Said>) {
    store.upsert(said.into_iter().map(|said| said.0).collect()).await.unwrap();
}

/// Everything of every guild.
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

/// The words leg.
pub async fn by_words(store: &dyn VectorStore, filter: &Filter, text: &str) -> Vec<Hit> {
    let request = SearchRequest { filter, text, vector: None, limit: 10 };
    let legs = store.search(request).await.unwrap();
    assert!(legs.dense.is_empty(), "no vector was given");
    legs.lexical
}

/// The vector leg.
pub async fn by_vector(store: &dyn VectorStore, filter: &Filter, vector: &[f32], limit: usize) -> Vec<Hit> {
    let request = SearchRequest { filter, text: "", vector: Some(vector), limit };
    let legs = store.search(request).await.unwrap();
    assert!(legs.lexical.is_empty(), "no words were given");
    legs.dense
}

/// The ids of all that is stored.
pub async fn stored(store: &dyn VectorStore) -> Vec<u64> {
    let all = store.scroll(&everything(), None, 10_000).await.unwrap();
    assert_eq!(store.count(&everything()).await.unwrap(), all.len() as u64);
    ids(&all)
}

/// The content of one message.
pub async fn content(store: &dyn VectorStore, id: u64) -> Option<String> {
    let mut found = store.get(&[id.into()]).await.unwrap();
    assert!(found.len() <= 1, "{found:?}");
    found.pop().map(|message| message.content)
}
