//! Shared by the pipeline tests: messages, stores and embedders that count or fail.

mod unavailable;

use async_trait::async_trait;
use rtfm_memory::store::{Filter, MessageStore, SearchRequest, SqliteStore};
use rtfm_models::embed::{EmbedError, Embedder, MaskedText};
use rtfm_processor::index::IndexPipeline;
use rtfm_shared::event::{ChatMessage, MessageEvent, MessagesDeleted};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tempfile::TempDir;

pub(crate) use unavailable::UnavailableStore;

pub(crate) const GUILD: &str = "1";

/// A store in a directory of its own with its index pipeline.
pub(crate) struct Memory {
    pub(crate) store: Arc<dyn MessageStore>,
    pub(crate) index: IndexPipeline,
    _directory: TempDir,
}

pub(crate) async fn memory() -> Memory {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn MessageStore> = Arc::new(SqliteStore::open(directory.path(), None).await.unwrap());
    Memory { index: IndexPipeline::new(store.clone(), None), store, _directory: directory }
}

/// A message of `username` in `channel`, written `id` seconds into 2026.
pub(crate) fn said(id: u64, channel: &str, username: &str, content: &str) -> ChatMessage {
    let second =
        "2026-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_secs(id as i64);
    let mut message = ChatMessage {
        message_id: id.into(),
        content: content.to_owned(),
        username: username.to_owned(),
        user_id: format!("u-{username}").into(),
        channel_id: channel.into(),
        guild_id: Some(GUILD.into()),
        timestamp: second,
        ..ChatMessage::default()
    };
    message.metadata.channel_name = Some(format!("name-of-{channel}"));
    message
}

pub(crate) fn created(message: &ChatMessage) -> MessageEvent {
    MessageEvent::Created(message.clone())
}

pub(crate) fn deleted(channel: &str, ids: &[u64]) -> MessageEvent {
    MessageEvent::Deleted(MessagesDeleted {
        channel_id: channel.into(),
        message_id: None,
        message_ids: ids.iter().map(|id| (*id).into()).collect(),
        guild_id: Some(GUILD.into()),
        timestamp: jiff::Timestamp::now(),
    })
}

/// The ids of the messages that these words find in the whole store, in ascending order.
pub(crate) async fn found(store: &dyn MessageStore, words: &str) -> Vec<u64> {
    let filter = Filter::everything(None);
    let legs = store.search(SearchRequest { filter: &filter, text: words, vector: None, limit: 100 }).await.unwrap();
    let mut ids: Vec<u64> = legs.lexical.iter().map(|hit| hit.message.message_id.snowflake().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// An embedder that counts its texts and gives all of them the same vector.
#[derive(Debug, Default)]
pub(crate) struct CountingEmbedder(pub(crate) AtomicUsize);

#[async_trait]
impl Embedder for CountingEmbedder {
    fn name(&self) -> &str {
        "counting"
    }

    fn dimension(&self) -> usize {
        4
    }

    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.0.fetch_add(texts.len(), Ordering::SeqCst);
        Ok(texts.iter().map(|_| vec![0.5; 4]).collect())
    }

    async fn embed_query(&self, _text: &MaskedText) -> Result<Vec<f32>, EmbedError> {
        Ok(vec![0.5; 4])
    }
}

/// An embedder that fails in this way on texts with this word.
#[derive(Debug)]
pub(crate) struct FailingEmbedder(pub(crate) &'static str, pub(crate) fn(String) -> EmbedError);

#[async_trait]
impl Embedder for FailingEmbedder {
    fn name(&self) -> &str {
        "allergic"
    }

    fn dimension(&self) -> usize {
        4
    }

    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
        match texts.iter().any(|text| text.contains(self.0)) {
            true => Err(self.1("HTTP 500".to_owned())),
            false => Ok(texts.iter().map(|_| vec![0.5; 4]).collect()),
        }
    }

    async fn embed_query(&self, _text: &MaskedText) -> Result<Vec<f32>, EmbedError> {
        Ok(vec![0.5; 4])
    }
}

/// An embedder that a test can switch off.
#[derive(Debug, Default)]
pub(crate) struct SwitchableEmbedder {
    pub(crate) away: std::sync::atomic::AtomicBool,
    pub(crate) asked: AtomicUsize,
}

#[async_trait]
impl Embedder for SwitchableEmbedder {
    fn name(&self) -> &str {
        "embedder"
    }

    fn dimension(&self) -> usize {
        4
    }

    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(EmbedError::Unavailable("gone fishing".to_owned()));
        }
        Ok(texts.iter().map(|_| vec![0.5; 4]).collect())
    }

    async fn embed_query(&self, _text: &MaskedText) -> Result<Vec<f32>, EmbedError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.documents(&[String::new()]).await.map(|mut vectors| vectors.remove(0))
    }
}
