//! Looking at what happened: waiting for it, and showing it.

pub(crate) mod dump;
mod parts;
pub(crate) mod view;
pub(crate) mod wait;
mod words;
