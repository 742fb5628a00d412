//! What is kept otherwise than it would be kept now: made by another embedder, or by older rules.

use super::EmbeddingSpace;
use rtfm_shared::event::{ChatMessage, MessageId};

/// The version of the rules by which the text is made that a message is found by (`index::context`). Kept with every
/// message, so that a change of the rules shows what was indexed before it: who changes them adds one.
pub const INDEX_VERSION: i64 = 3;

/// A message that is to be indexed anew.
#[derive(Clone, Debug, PartialEq)]
pub struct StaleMessage {
    /// The message, in the newest version that is kept anywhere.
    pub message: ChatMessage,
    /// Whether this store did not have it, or not in this version: then the contexts of others change, too.
    pub is_news: bool,
    /// Those of its files that are kept, but not for this embedder.
    pub files: Vec<KeptFile>,
}

/// A file as it was taken apart once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Which of the message's files, see [`super::file_key`].
    pub key: String,
    /// Its name.
    pub name: String,
    /// What stands in it, in order.
    pub passages: Vec<String>,
}

/// Some messages, one after another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StalePage {
    /// Those to be indexed anew, in ascending order of id.
    pub messages: Vec<StaleMessage>,
    /// How many were looked at.
    pub looked_at: u64,
    /// Where to go on; none at the end.
    pub next: Option<MessageId>,
}

/// A space, for people.
pub(super) fn described(space: &EmbeddingSpace) -> String {
    format!("{} ({} dimensions)", space.name, space.dimension)
}
