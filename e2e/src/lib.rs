//! A whole RTFM in one process to test: fake Discord, fake Gemini, the real bot and the real processor
//! between them, on the foundation that a test asks for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ground;
mod world;

pub use ground::{Ground, PATIENCE};
pub use world::World;
