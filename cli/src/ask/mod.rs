//! Questions from the terminal: published like everybody's, answered by whoever answers.

mod asker;
mod render;

pub(crate) use asker::{Asker, Audience};
pub(crate) use render::{json, text};
