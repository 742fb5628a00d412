//! The Qdrant store keeps the contract: against the server that `QDRANT_URL` names, otherwise against
//! testkit's in-memory one, which speaks the same gRPC.

use crate::contract::{Stage, contract_tests};
use async_trait::async_trait;
use rtfm_memory::store::{EmbeddingSpace, QdrantConfig, QdrantStore, VectorStore};
use rtfm_shared::config::Env;
use rtfm_testkit::qdrant::QdrantServer;
use std::{
    io::Write,
    sync::{Arc, Once},
};

/// A server of its own, or collections of its own on the real one.
struct Server {
    config: QdrantConfig,
    /// Keeps the in-memory server running.
    _server: Option<QdrantServer>,
}

fn say(which: &str) {
    static ONCE: Once = Once::new();
    // Straight to the standard error: the test harness would swallow what `eprintln!` says.
    let line = format!("the Qdrant store's contract runs against {which}\n");
    ONCE.call_once(|| std::io::stderr().write_all(line.as_bytes()).unwrap());
}

#[async_trait]
impl Stage for Server {
    async fn new() -> Self {
        let env = Env::process().unwrap();
        if let Some(config) = QdrantConfig::from_env(&env).unwrap() {
            say("the real server that QDRANT_URL names");
            let prefix = format!("rtfm_test_{}", uuid::Uuid::new_v4().simple());
            return Self { config: QdrantConfig { prefix, ..config }, _server: None };
        }
        say("testkit's in-memory server (set QDRANT_URL to use a real one)");
        let server = QdrantServer::start().await;
        Self { config: QdrantConfig::of(&server.url()), _server: Some(server) }
    }

    async fn open(&self, space: Option<EmbeddingSpace>) -> Arc<dyn VectorStore> {
        Arc::new(QdrantStore::connect(&self.config, space).await.unwrap())
    }

    async fn clear(self) {
        if self._server.is_none() {
            crate::server::drop_collections(&self.config).await;
        }
    }
}

contract_tests!(Server);
