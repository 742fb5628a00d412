//! The processor's pipelines over real stores, with the fakes of testkit around them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answer;
mod attachments;
#[allow(dead_code, unused_imports)]
mod common;
#[cfg(feature = "local-embeddings")]
mod embed_local;
mod index;
mod qdrant_tls;
mod reindex;
mod service;
