//! Looking at what happened: waiting for it, and showing it.

pub(crate) mod dump;
pub(crate) mod view;
pub(crate) mod wait;
