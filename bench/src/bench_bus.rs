//! The bus that a measurement runs over: the local file, or a real Kafka broker. The store is one SQLite
//! file on both, so that what differs between two runs is the bus.

use anyhow::{Context, anyhow};
use rtfm_shared::{
    bus::{self, Bus, topics},
    config::{BusConfig, Env},
};
use rtfm_testkit::kafka::{self, Broker};
use std::{path::Path, sync::Arc};
use tempfile::TempDir;

/// The only bus setting that a measurement takes.
const LINGER: &str = "KAFKA_LINGER_MS";

/// An open bus with the catalogue's topics, and an empty data directory.
#[derive(Debug)]
pub(crate) struct BenchBus {
    /// Its name in headlines.
    pub(crate) name: &'static str,
    /// The bus.
    pub(crate) bus: Arc<dyn Bus>,
    /// The variables that configure another process for the same bus.
    pub(crate) variables: Vec<(String, String)>,
    directory: TempDir,
    _broker: Option<Broker>,
}

impl BenchBus {
    /// One SQLite file.
    pub(crate) async fn local() -> anyhow::Result<Self> {
        Self::open("local bus", Vec::new(), None).await
    }

    /// An own broker on loopback; `None`, with a printed reason, where none can be started.
    pub(crate) async fn kafka() -> anyhow::Result<Option<Self>> {
        if let Err(missing) = kafka::available() {
            println!("\nover Kafka: left out ({missing})");
            return Ok(None);
        }
        let broker = tokio::task::spawn_blocking(Broker::start).await?.map_err(|error| anyhow!(error))?;
        let mut variables = vec![("KAFKA_BOOTSTRAP_SERVERS".to_owned(), broker.bootstrap())];
        // To compare its values; everything else is as it comes.
        variables.extend(std::env::var(LINGER).map(|linger| (LINGER.to_owned(), linger)));
        Self::open("Kafka", variables, Some(broker)).await.map(Some)
    }

    async fn open(
        name: &'static str,
        variables: Vec<(String, String)>,
        broker: Option<Broker>,
    ) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let config = BusConfig::from_env(&environment(&variables), directory.path())?;
        let bus = bus::open(&config).await.context("the bus cannot be opened")?;
        bus.create_topics(&topics::catalogue()).await?;
        Ok(Self { name, bus, variables, directory, _broker: broker })
    }

    /// The directory of the local bus and the store.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

fn environment(variables: &[(String, String)]) -> Env {
    variables.iter().fold(Env::default(), |env, (name, value)| env.with(name, value))
}
