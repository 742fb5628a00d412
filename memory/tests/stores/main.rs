//! Tests of the stores: the contract on each of them, and what is specific to a file or to a server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs, unreachable_pub)]

mod contract;
mod file;
mod qdrant;
mod server;
mod sqlite;
