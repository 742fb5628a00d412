//! Every test of the fakes, in one binary: Discord as the bot's client library sees it, Qdrant, and the Kafka broker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod discord;
mod kafka;
mod qdrant;
