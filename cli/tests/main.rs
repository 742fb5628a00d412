//! The `rtfm` binary from outside: its commands, its deployment files, and crashes at awkward moments. One binary for
//! all of it, because linking is the slowest part of building the tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod commands;
mod deployment;
mod killed;
mod support;
