//! RTFM as it is deployed: `rtfm-bot` and `rtfm-processor` as separate processes over Kafka, with a store
//! beside them and a fake Discord around them.

use crate::{collections::Collections, kafka::TestKafka, service::Service};
use rtfm_memory::store::{MessageStore, StoreConfig};
use rtfm_shared::{
    bus::{self, Bus, TopicSpec, topics},
    config::{BusConfig, Env},
};
use rtfm_testkit::{discord::FakeDiscord, gemini::FakeGemini, qdrant::QdrantServer};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;

/// Timeout for a bot to connect, on a busy machine.
const START: Duration = Duration::from_secs(90);

/// The store of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// The Qdrant server at `QDRANT_URL`, else testkit's.
    Any,
    /// Testkit's Qdrant server, which a test may stop.
    Own,
    /// The Qdrant server at `QDRANT_URL`, else one SQLite file that all processors share: for thousands of
    /// messages and questions, for which testkit's is too slow.
    Many,
}

/// Everything around the services.
pub struct Deployment {
    /// Kafka.
    pub kafka: TestKafka,
    /// Discord.
    pub discord: FakeDiscord,
    /// Gemini, for services that use it.
    pub gemini: FakeGemini,
    /// The store's server, where it is testkit's.
    pub qdrant: Option<QdrantServer>,
    /// The collections to delete from a shared server at the end.
    _collections: Option<Collections>,
    /// The bus between the services.
    pub bus: Arc<dyn Bus>,
    environment: Vec<(String, String)>,
    directory: TempDir,
}

impl Deployment {
    /// Kafka, store and Discord with every topic of the catalogue, and no service yet.
    pub async fn start(kafka: TestKafka, store: StoreChoice) -> Self {
        Self::with_topics(kafka, store, &topics::catalogue()).await
    }

    /// Like [`Self::start`], with these topics.
    pub async fn with_topics(kafka: TestKafka, store: StoreChoice, topics: &[TopicSpec]) -> Self {
        let directory = tempfile::Builder::new().prefix("rtfm-deployment-").tempdir().unwrap();
        // Without Discord's limits, which other tests cover, thousands of messages take seconds.
        let discord = FakeDiscord::builder().without_rate_limits().without_schema().start().await;
        let mut environment = vec![
            ("KAFKA_BOOTSTRAP_SERVERS".to_owned(), kafka.bootstrap()),
            ("RTFM_DATA_DIR".to_owned(), directory.path().join("data").display().to_string()),
            ("HTTP_ADDR".to_owned(), "127.0.0.1:0".to_owned()),
            // The shortest timeout a stock broker accepts: it notices a killed consumer after six seconds.
            ("KAFKA_SESSION_TIMEOUT_SECONDS".to_owned(), "6".to_owned()),
        ];
        environment.extend(discord.environment());
        let (qdrant, collections) = keep(store, &mut environment).await;
        let config = BusConfig::from_env(&as_env(&environment), directory.path()).unwrap();
        let bus = bus::open(&config).await.unwrap();
        if !topics.is_empty() {
            bus.create_topics(topics).await.unwrap();
        }
        let gemini = FakeGemini::start().await;
        Self { kafka, discord, gemini, qdrant, _collections: collections, bus, environment, directory }
    }

    /// Sets a variable for the services that are started from now on.
    pub fn set(&mut self, variable: &str, value: &str) {
        self.environment.push((variable.to_owned(), value.to_owned()));
    }

    /// Answers by the fake Gemini; only words are searched.
    pub fn with_gemini(&mut self) {
        for variable in ["GEMINI_API_KEY", "GEMINI_BASE_URL"] {
            let value = self.gemini.env().get(variable).unwrap().to_owned();
            self.set(variable, &value);
        }
        self.set("EMBEDDER", "none");
    }

    /// Starts the bot and waits until it is connected to Discord.
    pub async fn bot(&self) -> Service {
        let bot = Service::start("rtfm-bot", "bot", &self.environment, self.directory.path());
        self.discord.gateway().wait_connected().await;
        bot
    }

    /// Starts one of several bots and waits until it has noticed its connection to Discord.
    pub async fn bot_named(&self, name: &str) -> Service {
        let looks = || self.discord.requests().iter().filter(|request| request.is("GET", "/commands")).count();
        let before = looks();
        let bot = Service::start("rtfm-bot", name, &self.environment, self.directory.path());
        // A connected bot checks whether its commands are registered.
        self.until("the bot listens", START, async || looks() > before).await;
        bot
    }

    /// Starts a processor.
    pub fn processor(&self, name: &str) -> Service {
        self.processor_with(name, &[])
    }

    /// Starts a processor with these extra variables.
    pub fn processor_with(&self, name: &str, more: &[(&str, &str)]) -> Service {
        let more = more.iter().map(|(variable, value)| ((*variable).to_owned(), (*value).to_owned()));
        let environment: Vec<_> = self.environment.iter().cloned().chain(more).collect();
        Service::start("rtfm-processor", name, &environment, self.directory.path())
    }

    /// The store, opened beside the processors.
    pub async fn store(&self) -> Arc<dyn MessageStore> {
        let env = as_env(&self.environment);
        let data = self.directory.path().join("data");
        StoreConfig::from_env(&env, &data).unwrap().open(None).await.unwrap()
    }

    /// Waits for a condition.
    pub async fn until(&self, what: &str, patience: Duration, condition: impl AsyncFn() -> bool) {
        let met = async {
            while !condition().await {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        assert!(tokio::time::timeout(patience, met).await.is_ok(), "waited {patience:?} in vain until {what}");
    }
}

async fn keep(
    store: StoreChoice,
    environment: &mut Vec<(String, String)>,
) -> (Option<QdrantServer>, Option<Collections>) {
    let named = std::env::var("QDRANT_URL").ok().filter(|url| !url.trim().is_empty());
    match (store, named) {
        (StoreChoice::Many, None) => {
            println!("store: one SQLite file that the processors share");
            (None, None)
        }
        (StoreChoice::Any | StoreChoice::Many, Some(url)) => {
            let key = std::env::var("QDRANT_API_KEY").unwrap_or_default();
            let collections = Collections::on(&url, &key);
            println!("store: Qdrant at {url} (QDRANT_URL), collections {}…", collections.prefix());
            environment.push(("QDRANT_COLLECTION_PREFIX".to_owned(), collections.prefix().to_owned()));
            environment.push(("QDRANT_API_KEY".to_owned(), key));
            environment.push(("QDRANT_URL".to_owned(), url));
            (None, Some(collections))
        }
        (StoreChoice::Own, _) | (StoreChoice::Any, None) => {
            let server = QdrantServer::start().await;
            println!("store: testkit's Qdrant-speaking server at {}", server.url());
            environment.push(("QDRANT_URL".to_owned(), server.url()));
            (Some(server), None)
        }
    }
}

fn as_env(environment: &[(String, String)]) -> Env {
    environment.iter().fold(Env::default(), |env, (variable, value)| env.with(variable, value))
}
