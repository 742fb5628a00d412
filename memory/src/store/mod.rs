//! The message store: one trait with two implementations, SQLite for one machine and Qdrant for many. One suite of
//! contract tests covers both (`tests/stores/contract`).

mod config;
mod decorator;
mod error;
mod file;
mod filter;
mod instant;
mod instrumentation;
mod names;
mod qdrant;
mod space;
mod sqlite;
mod stale;

use async_trait::async_trait;
use jiff::Timestamp;
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId, UserId};

pub use crate::text::IndexText;
pub use config::{QdrantConfig, StoreConfig};
pub use decorator::{DecoratedStore, StoreDecorator, Write};
pub use error::StoreError;
pub use file::{FileId, FilePassage, IndexedFile, IndexedPassage, file_key};
pub use filter::{Channels, Filter};
pub(crate) use instrumentation::{DURATION, OPERATIONS};
pub use qdrant::QdrantStore;
pub use space::EmbeddingSpace;
pub use sqlite::SqliteStore;
pub use stale::{INDEX_VERSION, KeptFile, StaleMessage, StalePage};

/// A message with its index text and vector, ready to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedMessage {
    /// The message as Discord sent it.
    pub message: ChatMessage,
    /// The text that lexical search matches: the message with its context.
    pub index_text: IndexText,
    /// The embedding of the message with its context, L2-normalised; `None` without an embedder.
    pub vector: Option<Vec<f32>>,
}

/// A set of messages to remove, together with their files.
#[derive(Clone, Debug, PartialEq)]
pub enum Removal {
    /// These messages, permanently: a later upsert of one does nothing. A backfill that reads a message just before its
    /// deletion therefore cannot restore it.
    Messages(Vec<MessageId>),
    /// These messages, until a later upsert stores them again.
    Unlisted(Vec<MessageId>),
    /// All messages of a channel or thread, and of the threads below the channel, permanently.
    Channel(ChannelId),
    /// A person's messages up to an instant. A later upsert may store them again.
    Author {
        /// The author of the messages.
        user_id: UserId,
        /// Only messages in this guild; `None` removes the author's messages in every guild and outside guilds.
        guild_id: Option<GuildId>,
        /// The last instant to remove; later messages stay.
        until: Timestamp,
    },
    /// A guild's messages up to an instant. A later upsert may store them again.
    Guild {
        /// The guild of the messages; messages without a guild stay.
        guild_id: GuildId,
        /// The last instant to remove; later messages stay.
        until: Timestamp,
    },
}

/// A search with a dense and a lexical leg. Both run inside the same filter.
#[derive(Clone, Copy, Debug)]
pub struct SearchRequest<'a> {
    /// The messages that hits may come from.
    pub filter: &'a Filter,
    /// The query text of the lexical leg. Any text is safe: there is no query syntax.
    pub text: &'a str,
    /// The query vector of the dense leg, L2-normalised and of the store's dimension; `None` skips the leg.
    pub vector: Option<&'a [f32]>,
    /// The maximum number of hits in each leg.
    pub limit: usize,
}

/// A message that matched by its own text or by a passage of an attached file.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The message in its stored version.
    pub message: ChatMessage,
    /// The passage that matched; `None` when the message's own text matched.
    pub passage: Option<FilePassage>,
    /// Higher is better: a BM25 score (positive, unbounded) in the lexical leg, a cosine similarity (-1 to 1) in the
    /// dense leg.
    pub score: f64,
}

/// The hits of each leg of a search, best first. Among equal scores, messages come first in ascending order of id,
/// then passages in an order that is the same every time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Legs {
    /// The nearest vectors by cosine similarity.
    pub dense: Vec<Hit>,
    /// The best texts by BM25.
    pub lexical: Vec<Hit>,
}

/// A position in a channel, and how many messages around it to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbourhood {
    /// The channel to read from.
    pub channel_id: ChannelId,
    /// The position. The message itself is not part of the result and need not be stored.
    pub message_id: MessageId,
    /// The maximum number of stored messages directly before the position, by snowflake.
    pub before: usize,
    /// The maximum number of stored messages directly after the position, by snowflake.
    pub after: usize,
}

/// A store of messages, searchable by vector and by words. Message ids are snowflakes and compare as numbers.
#[async_trait]
pub trait MessageStore: Send + Sync + std::fmt::Debug {
    /// Stores messages durably under their snowflakes. A message replaces its stored version unless that one is newer
    /// ([`ChatMessage::version`]). Within one call the newest version of a message wins. Permanently removed messages
    /// stay removed: the call skips them and returns their ids, see [`Self::removed_among`].
    async fn upsert(&self, messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError>;

    /// The ids of the messages that `upsert` would skip, each once: a removal names the message, its channel, its
    /// thread, or its thread's parent channel.
    async fn removed_among(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError>;

    /// Stores the passages of files durably. It skips files whose message is not stored, is removed, or no longer has
    /// the file. Every removal of a message removes its files. An upsert of a version without the file removes the
    /// file.
    async fn attach(&self, files: Vec<IndexedFile>) -> Result<(), StoreError>;

    /// The files of these messages whose passages are stored completely.
    async fn attached(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError>;

    /// Removes messages and their files durably.
    async fn remove(&self, removal: &Removal) -> Result<(), StoreError>;

    /// Searches messages and the passages of their files inside the filter. Every other read covers messages only.
    async fn search(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError>;

    /// The inverse document frequency (BM25's idf) of each term of a question, in no particular order; stop words have
    /// none. Terms with no match inside the filter get the maximum idf, so results don't reveal whether they occur
    /// elsewhere.
    async fn term_idfs(&self, filter: &Filter, text: &str) -> Result<Vec<f64>, StoreError>;

    /// The stored messages among these ids, in ascending order of id.
    async fn get(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError>;

    /// The stored messages around each position in ascending order of id; one list per position.
    async fn neighbours(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError>;

    /// The stored messages that reply to any of these messages, in ascending order of id.
    async fn replies(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError>;

    /// Up to `limit` stored messages inside the filter with an id above `after`, in ascending order of id.
    async fn scroll(
        &self,
        filter: &Filter,
        after: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError>;

    /// The authors of messages inside the filter that have any of these names, each with the matching name from
    /// `names`. A name matches a user name or its first word, ignoring case and accents. The user names come from the
    /// messages inside the filter.
    async fn authors_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError>;

    /// The channels of messages inside the filter that have any of these names, each with the matching name from
    /// `names`. Case and accents do not matter.
    async fn channels_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(ChannelId, String)>, StoreError>;

    /// The number of stored messages inside the filter.
    async fn count(&self, filter: &Filter) -> Result<u64, StoreError>;

    /// The guilds that have stored messages, sorted.
    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError>;

    /// Scans up to `limit` messages with an id above `after`, stored for any embedder, and returns the stale ones. A
    /// message is stale when this store lacks it, its newest version, or a vector of it or its files, or has it with
    /// another [`INDEX_VERSION`]; then its files are stale too, and a caller reindexes them first.
    async fn stale(&self, after: Option<&MessageId>, limit: usize) -> Result<StalePage, StoreError>;

    /// Stores messages like `upsert`, but skips those that no embedder's data has any longer: a removal after `stale`
    /// wins, even one that is not permanent.
    async fn reindex(&self, messages: Vec<IndexedMessage>) -> Result<(), StoreError>;

    /// Drops the data that only other embedders use, and returns their descriptions. No process may still use those
    /// embedders.
    async fn drop_other_spaces(&self) -> Result<Vec<String>, StoreError>;

    /// Checks that the store answers; the error says what to fix.
    async fn health(&self) -> Result<(), StoreError>;
}
