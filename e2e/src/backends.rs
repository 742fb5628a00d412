//! The backends of a world: its bus, its store, and whether it has Gemini.

use rtfm_shared::config::Env;
use rtfm_testkit::{
    gemini::FakeGemini,
    kafka::{self, Broker},
    qdrant::QdrantServer,
};
use std::time::Duration;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The choice of backends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backends {
    /// Kafka instead of the local bus.
    pub kafka: bool,
    /// Qdrant instead of SQLite.
    pub qdrant: bool,
    /// Gemini for answers and embeddings; without it answers quote messages and only words are searched.
    pub gemini: bool,
}

impl Backends {
    /// The local bus and SQLite, without Gemini.
    pub const LOCAL: Self = Self { kafka: false, qdrant: false, gemini: false };
    /// The local bus and SQLite, with Gemini.
    pub const WITH_GEMINI: Self = Self { gemini: true, ..Self::LOCAL };
    /// Kafka and Qdrant, with Gemini.
    pub const SERVERS: Self = Self { kafka: true, qdrant: true, gemini: true };
}

/// The servers of the backends, running.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) gemini: Option<FakeGemini>,
    _qdrant: Option<QdrantServer>,
    _kafka: Option<Broker>,
    pub(crate) env: Env,
}

impl Servers {
    /// Starts the chosen backends; `None`, with a printed reason, where no Kafka can run.
    pub(crate) async fn start(backends: Backends) -> Option<Self> {
        let mut env = Env::default();
        let kafka = if backends.kafka {
            if let Err(why) = kafka::available() {
                println!("a world on Kafka: left out ({why})");
                return None;
            }
            // Always an own broker: topic names are fixed, and another test may use them.
            let broker = tokio::task::spawn_blocking(Broker::start).await.unwrap().unwrap();
            env = env.with("KAFKA_BOOTSTRAP_SERVERS", &broker.bootstrap());
            Some(broker)
        } else {
            None
        };
        let qdrant = if backends.qdrant { Some(QdrantServer::start().await) } else { None };
        if let Some(qdrant) = &qdrant {
            env = env.with("QDRANT_URL", &qdrant.url());
        }
        let gemini = if backends.gemini { Some(FakeGemini::start().await) } else { None };
        if let Some(gemini) = &gemini {
            for variable in ["GEMINI_API_KEY", "GEMINI_BASE_URL"] {
                env = env.with(variable, gemini.env().get(variable).unwrap());
            }
        }
        Some(Self { gemini, _qdrant: qdrant, _kafka: kafka, env })
    }
}
