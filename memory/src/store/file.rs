//! Files that hang on messages, as they are kept: each in passages. A passage belongs to its message; what is
//! found by it is the message, with the passage beside it, for as long as the message is stored and has the
//! file.

use super::IndexText;
use rtfm_shared::event::{Attachment, ChatMessage, MessageId};
use serde::{Deserialize, Serialize};

/// A file that was read, with the message it hangs on.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedFile {
    /// The message, in any version that has the file.
    pub message: ChatMessage,
    /// Which of its files, see [`file_key`].
    pub key: String,
    /// Its name.
    pub name: String,
    /// What stands in it, in order.
    pub passages: Vec<IndexedPassage>,
}

/// A passage of a file as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedPassage {
    /// What stands there.
    pub text: String,
    /// What lexical search sees.
    pub index_text: IndexText,
    /// The embedding of the passage, L2-normalised; none when there is no embedder.
    pub vector: Option<Vec<f32>>,
}

/// A passage that was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FilePassage {
    /// Which of the message's files, see [`file_key`].
    pub key: String,
    /// The file's name.
    pub file: String,
    /// Its place in the file, from 0.
    pub place: u32,
    /// What stands there.
    pub text: String,
}

/// A file of a message: the message's id and the file's key.
pub type FileId = (MessageId, String);

/// What tells a file from the others of its message: its id, or its name where a producer gave it none. What
/// stands under a key never changes: Discord gives what is uploaded anew a new id.
pub fn file_key(file: &Attachment) -> &str {
    if file.id.is_empty() { &file.filename } else { &file.id }
}

/// Whether a message has this file.
pub(super) fn has_file(message: &ChatMessage, key: &str) -> bool {
    message.attachments.iter().any(|file| file_key(file) == key)
}
