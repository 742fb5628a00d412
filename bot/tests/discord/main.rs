//! The bot against a fake Discord and a bus in memory: what people do and see, and what goes over the bus.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod asking;
mod backfill;
mod buttons;
mod changes;
mod commands;
mod delivery;
mod direct;
mod ends;
mod failures;
mod gaps;
mod gateway;
mod guilds;
mod health;
mod history;
mod memory;
mod once;
mod privacy;
mod quota;
mod reading;
mod resumed;
mod scope;
mod settings;
mod shown;
mod streaming;
mod support;
mod threads;
mod ways;
