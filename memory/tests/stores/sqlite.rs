//! The SQLite store keeps the contract, and what only a file can promise.

use crate::contract::{Stage, contract_tests};
use async_trait::async_trait;
use rtfm_memory::store::{EmbeddingSpace, SqliteStore, VectorStore};
use std::sync::Arc;

/// A directory of its own.
struct Directory(tempfile::TempDir);

#[async_trait]
impl Stage for Directory {
    async fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self, space: Option<EmbeddingSpace>) -> Arc<dyn VectorStore> {
        Arc::new(SqliteStore::open(self.0.path(), space).await.unwrap())
    }

    async fn clear(self) {}
}

contract_tests!(Directory);
