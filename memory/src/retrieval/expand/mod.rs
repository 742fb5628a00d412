//! The expand stage: extends hits to their conversations and cuts those into readable passages.

mod conversation;
mod passages;
mod propagate;
mod window;

pub use passages::Passage;
pub(super) use passages::passages;
pub(super) use propagate::propagate;
pub(super) use window::ConversationWindows;
