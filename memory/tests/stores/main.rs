//! What every store promises, on each of them, and what only a file or only a server can promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs, unreachable_pub)]

mod contract;
mod file;
mod qdrant;
mod server;
mod sqlite;
