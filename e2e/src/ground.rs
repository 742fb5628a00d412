//! What a world stands on: which bus, which store, and whether there is a Gemini.

use rtfm_shared::config::Env;
use rtfm_testkit::{
    gemini::FakeGemini,
    kafka::{self, Broker},
    qdrant::QdrantServer,
};
use std::time::Duration;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The foundation of a world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// Kafka instead of the local bus.
    pub kafka: bool,
    /// Qdrant instead of SQLite.
    pub qdrant: bool,
    /// Gemini for answers and embeddings; without it answers quote, and words alone are searched.
    pub gemini: bool,
}

impl Ground {
    /// The local bus and SQLite, without Gemini.
    pub const LOCAL: Self = Self { kafka: false, qdrant: false, gemini: false };
    /// The local bus and SQLite, with Gemini.
    pub const WITH_GEMINI: Self = Self { gemini: true, ..Self::LOCAL };
    /// Kafka and Qdrant, with Gemini.
    pub const SERVERS: Self = Self { kafka: true, qdrant: true, gemini: true };
}

/// The servers of a ground, running.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) gemini: Option<FakeGemini>,
    _qdrant: Option<QdrantServer>,
    _kafka: Option<Broker>,
    pub(crate) env: Env,
}

impl Servers {
    /// Starts what the ground asks for; `None` when there is no Kafka to be had here (which is said).
    pub(crate) async fn start(ground: Ground) -> Option<Self> {
        let mut env = Env::default();
        let kafka = if ground.kafka {
            if let Err(why) = kafka::available() {
                println!("a world on Kafka: left out ({why})");
                return None;
            }
            // Always a broker of its own: the topics' names are the system's, and others may use them.
            let broker = tokio::task::spawn_blocking(Broker::start).await.unwrap().unwrap();
            env = env.with("KAFKA_BOOTSTRAP_SERVERS", &broker.bootstrap());
            Some(broker)
        } else {
            None
        };
        let qdrant = if ground.qdrant { Some(QdrantServer::start().await) } else { None };
        if let Some(qdrant) = &qdrant {
            env = env.with("QDRANT_URL", &qdrant.url());
        }
        let gemini = if ground.gemini { Some(FakeGemini::start().await) } else { None };
        if let Some(gemini) = &gemini {
            for variable in ["GEMINI_API_KEY", "GEMINI_BASE_URL"] {
                env = env.with(variable, gemini.env().get(variable).unwrap());
            }
        }
        Some(Self { gemini, _qdrant: qdrant, _kafka: kafka, env })
    }
}
