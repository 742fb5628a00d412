//! The real binary, from outside: what it prints, what it keeps, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ask;
mod demo;
mod dlq;
mod doctor;
mod eval;
mod import;
mod kafka;
mod reindex;
mod search;
mod settings;
mod status;
mod support;
mod topics;
mod up;
mod usage;
