//! The fake Discord is held against the client library the bot uses: serenity, unmodified, with its rate limiter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod client;
mod interactions;
mod messages;
mod world;
