//! The bot against a fake Discord and a bus in memory: what people do and see, and what goes over the bus.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod asking;
mod backfill;
mod commands;
mod delivery;
mod failures;
mod gaps;
mod health;
mod memory;
mod scope;
mod streaming;
mod support;
