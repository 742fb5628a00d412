//! The contract on the Qdrant store: against the server in `QDRANT_URL`, otherwise against testkit's in-memory server,
//! which implements the same gRPC API.

use crate::contract::{Backend, contract_tests};
use async_trait::async_trait;
use rtfm_memory::store::{EmbeddingSpace, MessageStore, QdrantConfig, QdrantStore};
use rtfm_shared::config::Env;
use rtfm_testkit::qdrant::QdrantServer;
use std::{
    io::Write,
    sync::{Arc, Once},
};

/// An in-memory server per test, or collections with a prefix per test on a real one.
struct Server {
    config: QdrantConfig,
    /// The in-memory server, which stops when dropped.
    _server: Option<QdrantServer>,
}

fn report_server(which: &str) {
    static ONCE: Once = Once::new();
    // Writes to stderr directly, because the test harness captures `eprintln!`.
    let line = format!("running the Qdrant store's contract against {which}\n");
    #[expect(clippy::disallowed_methods, reason = "a test prints what it leaves out")]
    ONCE.call_once(|| std::io::stderr().write_all(line.as_bytes()).unwrap());
}

#[async_trait]
impl Backend for Server {
    async fn new() -> Self {
        let env = Env::process().unwrap();
        if let Some(config) = QdrantConfig::from_env(&env).unwrap() {
            report_server("the real server in QDRANT_URL");
            let prefix = format!("rtfm_test_{}", uuid::Uuid::new_v4().simple());
            return Self { config: QdrantConfig { prefix, ..config }, _server: None };
        }
        report_server("testkit's in-memory server (set QDRANT_URL to use a real one)");
        let server = QdrantServer::start().await;
        Self { config: QdrantConfig::of(&server.url()), _server: Some(server) }
    }

    async fn open(&self, space: Option<EmbeddingSpace>) -> Arc<dyn MessageStore> {
        Arc::new(QdrantStore::connect(&self.config, space).await.unwrap())
    }

    async fn optimise(&self) {
        // The in-memory server always behaves as if it had.
        if self._server.is_none() {
            crate::server::optimise_collections(&self.config).await;
        }
    }

    async fn clear(self) {
        if self._server.is_none() {
            crate::server::drop_collections(&self.config).await;
        }
    }
}

contract_tests!(Server);
