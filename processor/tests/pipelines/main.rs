//! Tests of the processor's pipelines with real stores and the fakes of testkit.
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
