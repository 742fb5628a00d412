//! The store for many machines: a Qdrant server or cluster. A message is a point under its snowflake, with a dense vector
//! and its term weights as a sparse one. Passages of files are points beside it. Only this module uses the client's types.

mod client;
mod collection;
mod files;
mod filter;
mod point;
mod read;
mod reindex;
mod replace;
mod search;
mod term_statistics;
mod write;

use super::{
    EmbeddingSpace, FileId, Filter, IndexedFile, IndexedMessage, Legs, MessageStore, Neighbourhood, QdrantConfig,
    Removal, SearchRequest, StalePage, StoreError,
};
use async_trait::async_trait;
use client::store_error;
use collection::{CollectionNames, field};
use qdrant_client::{Qdrant, qdrant::CountPointsBuilder};
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId, UserId};

/// The store of messages in collections on a Qdrant server.
pub struct QdrantStore {
    client: Qdrant,
    names: CollectionNames,
    space: Option<EmbeddingSpace>,
}

impl std::fmt::Debug for QdrantStore {
    // The client's own output contains the API key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QdrantStore").field("collection", &self.names.messages).finish_non_exhaustive()
    }
}

impl QdrantStore {
    /// Connects, and creates missing collections and indexes. Without an embedding space the store has no vectors and
    /// searches by words only.
    pub async fn connect(config: &QdrantConfig, embedding: Option<EmbeddingSpace>) -> Result<Self, StoreError> {
        embedding.as_ref().map_or(Ok(()), EmbeddingSpace::check)?;
        let client = client::client(config)?;
        client::check_version(&client).await?;
        let names = CollectionNames::new(config, embedding.as_ref());
        collection::prepare(&client, &names, embedding.as_ref()).await?;
        Ok(Self { client, names, space: embedding })
    }

    /// Drops every collection of this deployment.
    pub(super) async fn drop(config: &QdrantConfig) -> Result<(), StoreError> {
        let client = client::client(config)?;
        collection::drop(&client, &CollectionNames::new(config, None)).await
    }

    /// The server's version and the number of this deployment's collections, as shown to people. Creates nothing.
    pub(super) async fn probe(config: &QdrantConfig) -> Result<String, StoreError> {
        let client = client::client(config)?;
        let server = client::check_version(&client).await?;
        // Unlike the version, this request requires the API key.
        let collections = client.list_collections().await.map_err(store_error)?.collections;
        let ours = collections.iter().filter(|collection| collection.name.starts_with(&config.prefix)).count();
        Ok(format!("{} {} with {ours} RTFM collections", server.title, server.version))
    }
}

#[async_trait]
impl MessageStore for QdrantStore {
    async fn upsert(&self, messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError> {
        self.store(&messages).await
    }

    async fn removed_among(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError> {
        self.removed(messages).await
    }

    async fn attach(&self, files: Vec<IndexedFile>) -> Result<(), StoreError> {
        self.store_files(&files).await
    }

    async fn attached(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError> {
        self.stored_files(messages).await
    }

    async fn remove(&self, removal: &Removal) -> Result<(), StoreError> {
        self.apply_removal(removal).await
    }

    async fn search(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        self.search_legs(request).await
    }

    async fn term_idfs(&self, filter: &Filter, text: &str) -> Result<Vec<f64>, StoreError> {
        self.term_idfs_of(filter, text).await
    }

    async fn get(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.fetch(ids).await
    }

    async fn neighbours(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError> {
        self.neighbours_of(places).await
    }

    async fn replies(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        self.replies_to(ids).await
    }

    async fn scroll(
        &self,
        filter: &Filter,
        after: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError> {
        let from = after.and_then(MessageId::snowflake).map_or(Some(0), |after| after.checked_add(1));
        match from {
            Some(from) if !filter.is_empty() => self.page(filter::of_messages(filter), from, limit).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn authors_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError> {
        let found = self.ids_by_name(filter, names, field::AUTHOR_NAME, field::USER).await?;
        Ok(found.into_iter().map(|(id, name)| (UserId(id), name)).collect())
    }

    async fn channels_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(ChannelId, String)>, StoreError> {
        let found = self.ids_by_name(filter, names, field::CHANNEL_NAME, field::CHANNEL).await?;
        Ok(found.into_iter().map(|(id, name)| (ChannelId(id), name)).collect())
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        if filter.is_empty() {
            return Ok(0);
        }
        let request = CountPointsBuilder::new(&self.names.messages).filter(filter::of_messages(filter)).exact(true);
        let answer = self.client.count(request).await.map_err(store_error)?;
        Ok(answer.result.map_or(0, |result| result.count))
    }

    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError> {
        self.guild_ids().await
    }

    async fn stale(&self, after: Option<&MessageId>, limit: usize) -> Result<StalePage, StoreError> {
        self.stale_page(after, limit).await
    }

    async fn reindex(&self, messages: Vec<IndexedMessage>) -> Result<(), StoreError> {
        self.reindex_stored(&messages).await
    }

    async fn drop_other_spaces(&self) -> Result<Vec<String>, StoreError> {
        self.drop_other_collections().await
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.client.collection_info(&self.names.messages).await.map_err(store_error)?;
        Ok(())
    }
}
