//! Stale messages: stored with an older index version, or without a vector of the current embedder.

use super::EmbeddingSpace;
use rtfm_shared::event::{ChatMessage, MessageId};

/// The version of the rules that build the texts and vectors by which a message and its files are found (the processor's
/// `index`, the mask of secrets). Every stored message carries the version it was indexed with. Increase it with every
/// change of the rules: messages with another version are stale.
pub const INDEX_VERSION: i64 = 4;

/// A message to reindex.
#[derive(Clone, Debug, PartialEq)]
pub struct StaleMessage {
    /// The message in the newest version that any embedder's collection has.
    pub message: ChatMessage,
    /// Whether this store lacks the message or this version of it. The contexts of its neighbours then change too.
    pub is_news: bool,
    /// The message's files that are stored without vectors of this embedder; all of them if the message has another index
    /// version.
    pub files: Vec<KeptFile>,
}

/// The stored text of a file, so that reindexing does not parse the file again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Identifies the file among the message's files, see [`super::file_key`].
    pub key: String,
    /// The file name, as shown to people.
    pub name: String,
    /// The file's text in reading order.
    pub passages: Vec<String>,
}

/// One page of the scan for stale messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StalePage {
    /// The stale messages of the page, in ascending order of id.
    pub messages: Vec<StaleMessage>,
    /// How many messages the page covers, stale or not.
    pub looked_at: u64,
    /// The `after` of the next page; `None` after the last one.
    pub next: Option<MessageId>,
}

/// A space as shown to people.
pub(super) fn described(space: &EmbeddingSpace) -> String {
    format!("{} ({} dimensions)", space.name, space.dimension)
}
