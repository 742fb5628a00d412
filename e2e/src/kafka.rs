//! The Kafka under a deployment: a broker of the test's own, which may be stopped and killed, or the one that
//! `KAFKA_BOOTSTRAP_SERVERS` names, which must not.

use rtfm_shared::{
    bus::{Bus, Cleanup, KafkaBus, TopicSpec, topics},
    config::KafkaConfig,
};
use rtfm_testkit::kafka::{self, Broker};
use std::sync::Arc;

/// Marks a broker whose RTFM topics belong to tests, which may delete them.
const MARK: &str = "rtfm-tests-own-these-topics";

/// The Kafka of one deployment.
#[derive(Clone, Debug)]
pub enum TestKafka {
    /// A broker of this test.
    Own(Arc<Broker>),
    /// A broker named by the environment.
    Named(String),
}

impl TestKafka {
    /// Starts a broker; `None`, with a printed reason, where none can be started.
    pub async fn own() -> Option<Self> {
        if let Err(why) = kafka::available() {
            println!("left out: a broker of our own is needed ({why})");
            return None;
        }
        let broker = tokio::task::spawn_blocking(Broker::start).await.unwrap().unwrap();
        println!("broker: our own at {}", broker.bootstrap());
        Some(Self::Own(Arc::new(broker)))
    }

    /// The broker that the environment names, else a new one.
    pub async fn any() -> Option<Self> {
        let named = std::env::var("KAFKA_BOOTSTRAP_SERVERS").ok().filter(|servers| !servers.trim().is_empty());
        let Some(servers) = named else { return Self::own().await };
        println!("broker: {servers} (KAFKA_BOOTSTRAP_SERVERS)");
        clear(&servers).await;
        Some(Self::Named(servers))
    }

    /// The bootstrap servers.
    pub fn bootstrap(&self) -> String {
        match self {
            Self::Own(broker) => broker.bootstrap(),
            Self::Named(servers) => servers.clone(),
        }
    }

    /// The test's own broker, to stop and kill.
    pub fn broker(&self) -> &Arc<Broker> {
        match self {
            Self::Own(broker) => broker,
            Self::Named(servers) => panic!("{servers} is not ours to stop"),
        }
    }
}

/// Deletes the topics an earlier test left, and refuses to touch topics that no test made.
async fn clear(servers: &str) {
    let bus = KafkaBus::connect(&KafkaConfig::of(servers)).unwrap();
    let there = bus.list_topics().await.unwrap();
    let ours: Vec<String> = topics::catalogue().into_iter().map(|spec| spec.name).collect();
    let left: Vec<&str> = ours.iter().filter(|name| there.contains(name)).map(String::as_str).collect();
    let marked = there.iter().any(|name| name == MARK);
    assert!(
        left.is_empty() || marked,
        "the broker at {servers} holds topics of RTFM that no test made ({}): tests would delete them. Name a broker \
         without them in KAFKA_BOOTSTRAP_SERVERS, or unset it",
        left.join(", ")
    );
    let mark = TopicSpec { name: MARK.to_owned(), partitions: 1, retention: None, cleanup: Cleanup::Compact };
    bus.create_topics(&[mark]).await.unwrap();
    if !left.is_empty() {
        bus.delete_topics(&left).await.unwrap();
    }
}
