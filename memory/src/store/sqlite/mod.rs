//! The store for one machine: one SQLite file with the messages, their words (FTS5) and their vectors (exact search).
//! Several processes can open it at once.

mod connection;
mod database;
mod error;
mod files;
mod filter;
mod lexical;
mod named;
mod quantized;
mod read;
mod reindex;
mod remove;
mod rows;
mod schema;
mod search;
mod threshold;
mod upsert;
mod vectors;

use super::{
    EmbeddingSpace, FileId, Filter, IndexedFile, IndexedMessage, Legs, MessageStore, Neighbourhood, Removal,
    SearchRequest, StalePage, StoreError,
};
use async_trait::async_trait;
pub(super) use connection::FILE_NAME;
use database::Database;
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId, UserId};
use rusqlite::Transaction;
use std::{path::Path, sync::Arc};

/// The store of messages in `memory.sqlite`.
#[derive(Debug)]
pub struct SqliteStore {
    database: Database,
    vectors: Option<VectorTable>,
}

/// The table with the vectors of this store's embedder. The file can hold other embedders' tables too.
#[derive(Clone, Debug)]
struct VectorTable {
    space: EmbeddingSpace,
    table: Arc<str>,
}

impl SqliteStore {
    /// Opens `memory.sqlite` in the directory, and creates both where they are missing. Without an embedding space the
    /// store has no vectors and searches by words only.
    pub async fn open(directory: &Path, embedding: Option<EmbeddingSpace>) -> Result<Self, StoreError> {
        embedding.as_ref().map_or(Ok(()), EmbeddingSpace::check)?;
        let directory = directory.to_owned();
        database::blocking(&directory.clone(), move || {
            let path = connection::prepare(&directory)?;
            let named = |failure: error::SqliteError| failure.in_file(&path);
            let mut writer = connection::writer(&path).map_err(named)?;
            let table = schema::prepare(&mut writer, &path, embedding.as_ref()).map_err(named)?;
            let vectors = embedding.zip(table).map(|(space, table)| VectorTable { space, table: table.into() });
            Ok(Self { database: Database::new(path, writer), vectors })
        })
        .await
    }

    fn table(&self) -> Option<Arc<str>> {
        self.vectors.as_ref().map(|vectors| Arc::clone(&vectors.table))
    }

    /// Checks vectors, replaces zero vectors by `None`, and returns the table for them.
    fn accept<'a>(
        &self,
        vectors: impl Iterator<Item = &'a mut Option<Vec<f32>>>,
    ) -> Result<Option<Arc<str>>, StoreError> {
        let Some(VectorTable { space, table }) = &self.vectors else { return Ok(None) };
        for vector in vectors {
            if space.accept(vector.as_deref())?.is_none() {
                *vector = None;
            }
        }
        Ok(Some(Arc::clone(table)))
    }

    /// Removes replaced content from the file's log: an edit takes words back, and a neighbour's context repeats them.
    async fn scrub_if(&self, has_replaced: bool) -> Result<(), StoreError> {
        if has_replaced { self.database.scrub().await } else { Ok(()) }
    }

    /// The ids of people or channels inside the filter that have one of these names, each with the name.
    async fn ids_by_name(
        &self,
        filter: &Filter,
        names: &[String],
        kind: named::NameKind,
    ) -> Result<Vec<(String, String)>, StoreError> {
        if filter.is_empty() || names.is_empty() {
            return Ok(Vec::new());
        }
        let (filter, names) = (filter.clone(), names.to_vec());
        self.database.read(move |connection| named::ids_by_name(connection, &filter, &names, kind)).await
    }

    /// The number of stored messages; `None` where no file exists. Creates nothing.
    pub(super) async fn probe(directory: &Path) -> Result<Option<u64>, StoreError> {
        let path = directory.join(FILE_NAME);
        if !path.exists() {
            return Ok(None);
        }
        database::blocking(&path.clone(), move || {
            let count: i64 =
                connection::reader(&path)?.query_row("SELECT count(*) FROM message", [], |row| row.get(0))?;
            Ok(Some(count.unsigned_abs()))
        })
        .await
    }
}

#[async_trait]
impl MessageStore for SqliteStore {
    async fn upsert(&self, mut messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let table = self.accept(messages.iter_mut().map(|message| &mut message.vector))?;
        let work = move |transaction: &Transaction<'_>| upsert::upsert(transaction, &messages, table.as_deref());
        let outcome = self.database.write(work).await?;
        self.scrub_if(outcome.has_replaced).await?;
        Ok(outcome.removed)
    }

    async fn removed_among(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError> {
        let messages = messages.to_vec();
        self.database.read(move |connection| upsert::removed_among(connection, &messages)).await
    }

    async fn attach(&self, mut files: Vec<IndexedFile>) -> Result<(), StoreError> {
        if files.is_empty() {
            return Ok(());
        }
        let passages = files.iter_mut().flat_map(|file| &mut file.passages);
        let table = self.accept(passages.map(|passage| &mut passage.vector))?;
        let work = move |transaction: &Transaction<'_>| files::attach(transaction, &files, table.as_deref());
        let has_replaced = self.database.write(work).await?;
        self.scrub_if(has_replaced).await
    }

    async fn attached(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError> {
        let messages = messages.to_vec();
        self.database.read(move |connection| files::attached(connection, &messages)).await
    }

    async fn remove(&self, removal: &Removal) -> Result<(), StoreError> {
        let removal = removal.clone();
        self.database.write(move |transaction| remove::remove(transaction, &removal)).await?;
        self.database.scrub().await
    }

    async fn search(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        let SearchRequest { filter, text, vector, limit } = request;
        let dense = match &self.vectors {
            Some(VectorTable { space, table }) => {
                space.accept(vector)?.map(|vector| (Arc::clone(table), vector.to_owned()))
            }
            None => None,
        };
        if filter.is_empty() || limit == 0 {
            return Ok(Legs::default());
        }
        // The legs run in parallel, on two readers.
        let (lexical_filter, text) = (filter.clone(), text.to_owned());
        let lexical = self.database.read(move |connection| lexical::search(connection, &lexical_filter, &text, limit));
        let dense_filter = filter.clone();
        let dense = async {
            let Some((table, vector)) = dense else { return Ok(Vec::new()) };
            self.database
                .read(move |connection| vectors::nearest(connection, &table, &dense_filter, &vector, limit))
                .await
        };
        let (dense, lexical) = tokio::try_join!(dense, lexical)?;
        // A third read fetches the messages. It drops those that a concurrent write removed or changed.
        let filter = filter.clone();
        self.database
            .read(move |connection| {
                let [dense, lexical] = search::hits(connection, &filter, [dense, lexical])?;
                Ok(Legs { dense, lexical })
            })
            .await
    }

    async fn term_idfs(&self, filter: &Filter, text: &str) -> Result<Vec<f64>, StoreError> {
        let (filter, text) = (filter.clone(), text.to_owned());
        self.database.read(move |connection| lexical::term_idfs(connection, &filter, &text)).await
    }

    async fn get(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        let ids = ids.to_vec();
        self.database.read(move |connection| read::get(connection, &ids)).await
    }

    async fn neighbours(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError> {
        let places = places.to_vec();
        self.database
            .read(move |connection| places.iter().map(|place| read::neighbours(connection, place)).collect())
            .await
    }

    async fn replies(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        let ids = ids.to_vec();
        self.database.read(move |connection| read::replies(connection, &ids)).await
    }

    async fn scroll(
        &self,
        filter: &Filter,
        after: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError> {
        if filter.is_empty() {
            return Ok(Vec::new());
        }
        let (filter, after) = (filter.clone(), after.cloned());
        self.database.read(move |connection| read::scroll(connection, &filter, after.as_ref(), limit)).await
    }

    async fn authors_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError> {
        let found = self.ids_by_name(filter, names, named::NameKind::Authors).await?;
        Ok(found.into_iter().map(|(id, name)| (UserId(id), name)).collect())
    }

    async fn channels_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(ChannelId, String)>, StoreError> {
        let found = self.ids_by_name(filter, names, named::NameKind::Channels).await?;
        Ok(found.into_iter().map(|(id, name)| (ChannelId(id), name)).collect())
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        if filter.is_empty() {
            return Ok(0);
        }
        let filter = filter.clone();
        self.database.read(move |connection| read::count(connection, &filter)).await
    }

    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError> {
        self.database.read(read::guilds).await
    }

    async fn stale(&self, after: Option<&MessageId>, limit: usize) -> Result<StalePage, StoreError> {
        let (table, after) = (self.table(), after.cloned());
        self.database.read(move |connection| reindex::stale(connection, table.as_deref(), after.as_ref(), limit)).await
    }

    async fn reindex(&self, mut messages: Vec<IndexedMessage>) -> Result<(), StoreError> {
        let table = self.accept(messages.iter_mut().map(|message| &mut message.vector))?;
        let work = move |transaction: &Transaction<'_>| reindex::reindex(transaction, messages, table.as_deref());
        let outcome = self.database.write(work).await?;
        self.scrub_if(outcome.has_replaced).await
    }

    async fn drop_other_spaces(&self) -> Result<Vec<String>, StoreError> {
        let table = self.table();
        let dropped =
            self.database.write(move |transaction| reindex::drop_other_spaces(transaction, table.as_deref())).await?;
        self.database.scrub().await?;
        Ok(dropped)
    }

    async fn health(&self) -> Result<(), StoreError> {
        let check = "SELECT count(*) FROM (SELECT id FROM message LIMIT 1)";
        self.database.read(move |connection| Ok(connection.query_row(check, [], |_| Ok(()))?)).await
    }
}
