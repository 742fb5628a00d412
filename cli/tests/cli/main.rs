//! The real binary, from outside: what it prints, what it keeps, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ask;
mod demo;
mod dlq;
mod import;
mod settings;
mod support;
mod topics;
mod up;
mod usage;
