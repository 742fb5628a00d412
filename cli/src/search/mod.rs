//! Looking into the memory: what a question finds and why, for people and for programs.

mod render;

pub(crate) use render::{json, text};
