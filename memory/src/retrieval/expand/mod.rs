//! The expand stage: hits to conversations, and those to passages that can be read.

mod conversation;
mod passages;
mod propagate;
mod window;

pub use passages::Passage;
pub(super) use passages::passages;
pub(super) use propagate::propagate;
pub(super) use window::ConversationWindows;
