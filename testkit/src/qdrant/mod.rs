//! A Qdrant in memory. It speaks the real gRPC through the client crate's own server stubs, keeps
//! collections, points and field indexes, filters and scores as Qdrant does, and answers mistakes with
//! Qdrant's errors. Unsupported requests get UNIMPLEMENTED.
//!
//! Where Qdrant promises no order (points of equal score), it gives the least convenient one.

mod collections;
mod faults;
mod filter;
mod gate;
mod health;
mod payload;
mod points;
mod query;
mod scroll;
mod state;
mod update;

use crate::authority::Authority;
use faults::Faults;
pub use gate::HeldRequest;
use qdrant_client::qdrant::{
    collections_server::CollectionsServer, points_server::PointsServer, qdrant_server::QdrantServer as HealthServer,
};
use state::State;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    service::InterceptorLayer,
    transport::{Identity, Server, ServerTlsConfig},
};

/// State shared by the services.
#[derive(Clone, Debug, Default)]
struct Service {
    state: Arc<Mutex<State>>,
    upserts: gate::Gate,
    vector_deletions: gate::Gate,
    version: Arc<Mutex<Option<String>>>,
}

impl Service {
    /// The version whose behaviour is imitated, unless a test wants another name for it.
    fn version(&self) -> String {
        let pretended = self.version.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        pretended.clone().unwrap_or_else(|| "1.20.0".to_owned())
    }

    /// Works on the state; a panic in one request must not take the others along.
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// A running server on a port of its own. Stopping it keeps its data.
#[derive(Debug)]
pub struct QdrantServer {
    address: SocketAddr,
    service: Service,
    faults: Faults,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    /// Its certificate and key, where it speaks TLS.
    identity: Option<Identity>,
}

impl QdrantServer {
    /// A new, empty server.
    pub async fn start() -> Self {
        Self::start_as(None).await
    }

    /// The same over TLS, under the name `localhost`; with what a client must have to trust it, as PEM.
    pub async fn start_with_tls() -> (Self, String) {
        let authority = Authority::new();
        let signed = authority.sign("localhost");
        let identity = Identity::from_pem(signed.certificate, signed.key);
        (Self::start_as(Some(identity)).await, authority.pem().to_owned())
    }

    async fn start_as(identity: Option<Identity>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
        let address = listener.local_addr().expect("the listener's address");
        let mut server =
            Self { address, service: Service::default(), faults: Faults::default(), running: None, identity };
        server.serve(listener);
        server
    }

    /// Its address for clients.
    pub fn url(&self) -> String {
        match self.identity {
            Some(_) => format!("https://localhost:{}", self.address.port()),
            None => format!("http://{}", self.address),
        }
    }

    /// Answers the next `requests` with UNAVAILABLE.
    pub fn refuse(&self, requests: usize) {
        self.faults.refuse(requests);
    }

    /// Requires this key for every later request.
    pub fn require_api_key(&self, key: &str) {
        self.faults.require_api_key(key);
    }

    /// Reports this version from now on.
    pub fn pretend_version(&self, version: &str) {
        let mut pretended = self.service.version.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *pretended = Some(version.to_owned());
    }

    /// Holds the next upsert until it is released.
    pub fn hold_upsert(&self) -> HeldRequest {
        self.service.upserts.hold()
    }

    /// Holds the next deletion of named vectors until it is released.
    pub fn hold_vector_deletion(&self) -> HeldRequest {
        self.service.vector_deletions.hold()
    }

    /// How many requests have come in.
    pub fn requests(&self) -> usize {
        self.faults.requests()
    }

    /// The names of all collections, sorted.
    pub fn collections(&self) -> Vec<String> {
        self.service.with(|state| state.collections.keys().cloned().collect())
    }

    /// The fields of a collection that have an index, sorted, each with its type and whether it
    /// separates tenants.
    pub fn indexes(&self, collection: &str) -> Vec<(String, qdrant_client::qdrant::PayloadSchemaType, bool)> {
        self.service.with(|state| state.collections.get(collection).map(state::Collection::indexes).unwrap_or_default())
    }

    /// Whether any payload of any point holds this text.
    pub fn holds(&self, text: &str) -> bool {
        self.service.with(|state| state.collections.values().any(|collection| collection.holds(text)))
    }

    /// Stops, as in an outage: connections end and new ones are refused.
    pub async fn stop(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            // The task may have ended already.
            let _ = stop.send(());
            task.await.expect("the server ends without a panic");
        }
    }

    /// Starts again on the same port with the same data.
    pub async fn start_again(&mut self) {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await.expect("the port is still ours");
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let (stop, stopped) = oneshot::channel::<()>();
        // A real server's limit; tonic's default is too small for a batch of points.
        let limit = 64 * 1024 * 1024;
        let mut server = Server::builder();
        if let Some(identity) = &self.identity {
            let tls = ServerTlsConfig::new().identity(identity.clone());
            server = server.tls_config(tls).expect("the certificate fits its key");
        }
        let server = server
            .layer(InterceptorLayer::new(self.faults.clone()))
            .add_service(CollectionsServer::new(self.service.clone()))
            .add_service(PointsServer::new(self.service.clone()).max_decoding_message_size(limit))
            .add_service(HealthServer::new(self.service.clone()))
            .serve_with_incoming_shutdown(TcpListenerStream::new(listener), async {
                // A dropped sender counts as a stop too.
                let _ = stopped.await;
            });
        let task = tokio::spawn(async move { server.await.expect("the server runs") });
        self.running = Some((stop, task));
    }
}
