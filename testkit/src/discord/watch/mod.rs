//! Waits for conditions, and shows what happened.

pub(crate) mod dump;
mod parts;
pub(crate) mod view;
pub(crate) mod wait;
mod words;
