//! The contract on the SQLite store.

use crate::contract::{Backend, contract_tests};
use async_trait::async_trait;
use rtfm_memory::store::{EmbeddingSpace, MessageStore, SqliteStore};
use std::sync::Arc;

/// A temporary directory per test.
struct Directory(tempfile::TempDir);

#[async_trait]
impl Backend for Directory {
    async fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self, space: Option<EmbeddingSpace>) -> Arc<dyn MessageStore> {
        Arc::new(SqliteStore::open(self.0.path(), space).await.unwrap())
    }

    async fn clear(self) {}
}

contract_tests!(Directory);
