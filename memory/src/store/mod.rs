//! Where messages are kept and found again. One trait, two stores, one suite of contract tests
//! (`tests/store_contract`): SQLite on one machine, Qdrant beyond it.

mod config;
mod decorator;
mod error;
mod file;
mod filter;
mod instant;
mod instrumentation;
mod names;
mod probe;
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

/// A message as it is kept: raw, with the text it is found by and that text's vector.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedMessage {
    /// The message as it was said.
    pub message: ChatMessage,
    /// What lexical search sees: the message with what surrounds it.
    pub index_text: IndexText,
    /// The embedding of the message with what surrounds it, L2-normalised; none when there is no embedder.
    pub vector: Option<Vec<f32>>,
}

/// What must be forgotten.
#[derive(Clone, Debug, PartialEq)]
pub enum Removal {
    /// These messages. They stay removed: storing one of them again later does nothing, so that a
    /// backfill that read a message just before it was deleted cannot revive it.
    Messages(Vec<MessageId>),
    /// These messages, for now: stored again later they are there again.
    Unlisted(Vec<MessageId>),
    /// A channel or thread with all its messages, and those of the threads that hang on it, which nobody need name. It
    /// stays removed, like messages do.
    Channel(ChannelId),
    /// What a person wrote up to an instant, in one guild or everywhere.
    Author {
        /// The person.
        user_id: UserId,
        /// The guild; `None` for everywhere.
        guild_id: Option<GuildId>,
        /// Messages written after this are kept.
        until: Timestamp,
    },
    /// What was said in a guild up to an instant.
    Guild {
        /// The guild.
        guild_id: GuildId,
        /// Messages written after this are kept.
        until: Timestamp,
    },
}

/// A search: both legs run inside the same filter.
#[derive(Clone, Copy, Debug)]
pub struct SearchRequest<'a> {
    /// What may be found at all.
    pub filter: &'a Filter,
    /// The words for the lexical leg; any text is safe here, it is no query language.
    pub text: &'a str,
    /// The vector for the dense leg, L2-normalised and of the store's dimension; none skips it.
    pub vector: Option<&'a [f32]>,
    /// How many hits each leg may give.
    pub limit: usize,
}

/// A message that was found, by itself or by a passage of a file of its.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The message, as it is stored now.
    pub message: ChatMessage,
    /// The passage, when it was found by one.
    pub passage: Option<FilePassage>,
    /// BM25 (any positive number) in the lexical leg, cosine similarity (-1 to 1) in the dense one;
    /// higher is better.
    pub score: f64,
}

/// What each leg of a search found, best first. Of equals, messages come first, by id ascending; passages of
/// files after them, in an order that stays the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Legs {
    /// By meaning.
    pub dense: Vec<Hit>,
    /// By words.
    pub lexical: Vec<Hit>,
}

/// A place in a channel and how much around it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbourhood {
    /// The channel.
    pub channel_id: ChannelId,
    /// The message in the middle; it need not be stored itself and is not returned.
    pub message_id: MessageId,
    /// How many stored messages directly before it (by snowflake).
    pub before: usize,
    /// How many stored messages directly after it.
    pub after: usize,
}

/// A memory of messages. Message ids are snowflakes and are compared as numbers.
#[async_trait]
pub trait VectorStore: Send + Sync + std::fmt::Debug {
    /// Stores messages, each under its snowflake, durably before it returns. A message that is stored
    /// already is replaced, unless the stored version is newer ([`ChatMessage::version`]); one that was
    /// removed stays removed. Within one call a later version of the same message wins. Returns the ids
    /// that were left out because they (or their channels) had been removed.
    async fn upsert(&self, messages: Vec<IndexedMessage>) -> Result<Vec<MessageId>, StoreError>;

    /// The ids of those of these messages that were removed and so would be left out by `upsert`, or whose
    /// channels or threads were, or the channels their threads hang on; each once.
    async fn removed_among(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError>;

    /// Stores the passages of files, durably before it returns. Left out is what must not or need not be kept: files
    /// of messages that are not stored, were removed, or have the file no more. They go when their message goes, by
    /// whatever removal, and when a version of it without the file is stored.
    async fn attach(&self, files: Vec<IndexedFile>) -> Result<(), StoreError>;

    /// Those files of these messages that have passages here, whole.
    async fn attached(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError>;

    /// Forgets, durably before it returns. Messages take their files along.
    async fn remove(&self, removal: &Removal) -> Result<(), StoreError>;

    /// Searches both legs inside the filter, messages and the passages of their files alike. Every other way to read
    /// sees messages only.
    async fn search(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError>;

    /// How telling each word of a question is to the lexical leg (the logarithm by which BM25 counts it), in no
    /// particular order; words that every question has are none. A word that no text inside the filter has counts as one
    /// that nobody ever said, so that it cannot be told from that what is said elsewhere.
    async fn term_idfs(&self, filter: &Filter, text: &str) -> Result<Vec<f64>, StoreError>;

    /// The stored messages among these ids, in ascending order of id.
    async fn get(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError>;

    /// The stored messages around each place, in ascending order of id; one list a place.
    async fn neighbours(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError>;

    /// The stored messages that reply to any of these, in ascending order of id.
    async fn replies(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError>;

    /// Up to `limit` stored messages inside the filter with an id above `after`, in ascending order of id.
    async fn scroll(
        &self,
        filter: &Filter,
        after: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, StoreError>;

    /// Who among those with messages inside the filter is called by any of these names, each with the name they are
    /// called by: the whole name or its first word, whatever the case and the accents, as it stands on a message of
    /// theirs in there.
    async fn authors_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError>;

    /// The channels with messages inside the filter that have any of these names, likewise.
    async fn channels_named(&self, filter: &Filter, names: &[String]) -> Result<Vec<(ChannelId, String)>, StoreError>;

    /// How many messages are stored inside the filter.
    async fn count(&self, filter: &Filter) -> Result<u64, StoreError>;

    /// The guilds with stored messages, sorted; messages without a guild are not counted as one.
    async fn guilds(&self) -> Result<Vec<GuildId>, StoreError>;

    /// Looks at up to `limit` messages with an id above `after`, in ascending order of id, of all that is kept for any
    /// embedder: those that this store does not have, or not in that version, or without a vector, or indexed by other
    /// rules ([`INDEX_VERSION`]).
    async fn stale(&self, after: Option<&MessageId>, limit: usize) -> Result<StalePage, StoreError>;

    /// Stores messages like `upsert`, but none that was removed since it was read, in whatever way.
    async fn reindex(&self, messages: Vec<IndexedMessage>) -> Result<(), StoreError>;

    /// Forgets what is kept for other embedders only; nobody may be using it any more. Says whose that was.
    async fn drop_other_spaces(&self) -> Result<Vec<String>, StoreError>;

    /// Whether the store can be used right now; an error says what is wrong.
    async fn health(&self) -> Result<(), StoreError>;
}
