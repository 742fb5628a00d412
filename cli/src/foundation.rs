//! What every command stands on: the environment, the data directory, and the bus that they choose.

use crate::fault::Fault;
use rtfm_processor::{Processor, ProcessorConfig};
use rtfm_shared::{
    bus::{self, Bus, BusError, topics},
    config::{BusConfig, Env, data_directory},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Between two tries to reach a broker.
const PAUSE: Duration = Duration::from_secs(1);

/// The ground under a command.
#[derive(Debug)]
pub(crate) struct Foundation {
    pub(crate) env: Env,
    pub(crate) data_dir: PathBuf,
    pub(crate) bus_config: BusConfig,
    pub(crate) bus: Arc<dyn Bus>,
}

impl Foundation {
    /// Opens the bus that the environment chooses.
    pub(crate) async fn open(env: Env, data_dir: Option<PathBuf>) -> Result<Self, Fault> {
        let data_dir = data_dir.unwrap_or_else(|| data_directory(&env));
        let bus_config = BusConfig::from_env(&env, &data_dir)?;
        if matches!(bus_config, BusConfig::Local { .. }) {
            make(&data_dir)?;
        }
        let bus = bus::open(&bus_config).await?;
        Ok(Self { env, data_dir, bus_config, bus })
    }

    /// Whether everything is in the data directory.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.bus_config, BusConfig::Local { .. })
    }

    /// Whether the bus can be used at all: said within seconds, where other calls wait for a broker that
    /// may still be starting.
    pub(crate) async fn is_reachable(&self) -> Result<(), Fault> {
        match (self.bus.health().await, &self.bus_config) {
            (Err(BusError::Unavailable(reason)), BusConfig::Kafka(kafka)) => Err(Fault::Unreachable(format!(
                "Kafka at {} cannot be reached ({reason}); is it running, and is KAFKA_BOOTSTRAP_SERVERS right?",
                kafka.bootstrap_servers
            ))),
            (health, _) => Ok(health?),
        }
    }

    /// Waits for a broker that may still be starting, saying so on standard error: so many tries, a second
    /// after each.
    pub(crate) async fn wait_until_reachable(&self, tries: u32) -> Result<(), Fault> {
        for left in (0..tries).rev() {
            match self.is_reachable().await {
                Err(fault @ Fault::Unreachable(_)) if left > 0 => {
                    eprintln!("rtfm: {fault} Trying again, {left} left");
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
        Ok(())
    }

    /// Creates the topics that are not there yet.
    pub(crate) async fn create_topics(&self) -> Result<Vec<String>, Fault> {
        Ok(self.bus.create_topics(&topics::catalogue()).await?)
    }

    /// A processor in this process.
    pub(crate) async fn processor(&self) -> Result<Processor, Fault> {
        let config = ProcessorConfig::from_env(&self.env, &self.data_dir)?;
        Ok(Processor::open(config, Arc::clone(&self.bus)).await?)
    }

    /// The bus, for people.
    pub(crate) fn bus_name(&self) -> String {
        match &self.bus_config {
            BusConfig::Local { directory } => format!("local, in {}", directory.display()),
            BusConfig::Kafka(kafka) => format!("Kafka at {}", kafka.bootstrap_servers),
        }
    }
}

fn make(directory: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(directory).map_err(|error| {
        Fault::Usage(format!(
            "the data directory {} cannot be made: {error}; choose another with --data-dir or RTFM_DATA_DIR",
            directory.display()
        ))
    })
}
