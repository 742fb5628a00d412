//! Attached files as the store holds them: split into passages. A passage belongs to its message. A search that
//! matches a passage returns the message together with the passage, as long as the message is stored and still has
//! the file.

use super::IndexText;
use rtfm_shared::event::{Attachment, ChatMessage, MessageId};
use serde::{Deserialize, Serialize};

/// A parsed file, ready to be stored beside its message.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedFile {
    /// The message that the file is attached to, in any version that has the file.
    pub message: ChatMessage,
    /// Identifies the file among the message's files, see [`file_key`].
    pub key: String,
    /// The file name, as shown to people.
    pub name: String,
    /// The file's text in reading order.
    pub passages: Vec<IndexedPassage>,
}

/// A passage of a file, ready to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedPassage {
    /// The passage's text, as cited in answers.
    pub text: String,
    /// The text that lexical search matches.
    pub index_text: IndexText,
    /// The passage's embedding, L2-normalised; `None` without an embedder.
    pub vector: Option<Vec<f32>>,
}

/// A stored passage, as a search returns it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FilePassage {
    /// Identifies the file among the message's files, see [`file_key`].
    pub key: String,
    /// The file name, as shown to people.
    pub file: String,
    /// The passage's index in the file, from 0.
    pub place: u32,
    /// The passage's text, as cited in answers.
    pub text: String,
}

/// A file across all messages: the message's id and the file's key.
pub type FileId = (MessageId, String);

/// The key of a file within its message: the attachment's id, or its name where a producer sends no id. The content
/// under a key never changes, because Discord gives every upload a new id.
pub fn file_key(file: &Attachment) -> &str {
    if file.id.is_empty() { &file.filename } else { &file.id }
}

/// Whether this version of the message has a file with this key.
pub(super) fn has_file(message: &ChatMessage, key: &str) -> bool {
    message.attachments.iter().any(|file| file_key(file) == key)
}
