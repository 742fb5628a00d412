//! Test doubles of the outside world, each simple enough to be trusted.
// Everything in here runs in tests only, where a panic is the right way to say that something is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod authority;
pub mod bus;
pub mod discord;
pub mod gemini;
pub mod kafka;
pub mod logs;
pub mod process;
pub mod qdrant;
