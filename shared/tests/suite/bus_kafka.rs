//! The bus contract on a real Kafka broker.

use crate::bus_contract::{self, BusFixture};
use rtfm_shared::{
    bus::{self, Bus},
    config::{BusConfig, KafkaConfig},
};
use rtfm_testkit::kafka::{self, Servers};
use std::sync::Arc;

/// A real broker; every bus on it has clients of its own.
struct Kafka(Servers);

impl BusFixture for Kafka {
    const KEEPS_HOUSE: bool = false;

    async fn open() -> Option<Self> {
        tokio::task::spawn_blocking(kafka::for_tests).await.unwrap().map(Self)
    }

    async fn bus(&self) -> Arc<dyn Bus> {
        bus::open(&BusConfig::Kafka(KafkaConfig::of(&self.0.bootstrap))).await.unwrap()
    }
}

bus_contract::contract!(Kafka);
