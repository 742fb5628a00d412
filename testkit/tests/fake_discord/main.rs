//! The fake Discord is held against the client library the bot uses: serenity, unmodified, with its rate limiter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cdn;
mod checks;
mod client;
mod gateway;
mod gateway_faults;
mod interactions;
mod messages;
mod permissions;
mod proxy;
mod rest;
mod shards;
mod threads;
mod view;
mod world;
