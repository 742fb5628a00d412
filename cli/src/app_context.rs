//! What every command needs: the environment, the data directory, and the bus that they select.

use crate::{error::CliError, output};
use rtfm_processor::{Processor, ProcessorConfig};
use rtfm_shared::{
    bus::{self, Bus, BusError, topics},
    config::{BusConfig, Env, data_directory},
    private_files,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Pause between two attempts to reach a broker.
const PAUSE: Duration = Duration::from_secs(1);

/// The environment, the data directory and the open bus.
#[derive(Debug)]
pub(crate) struct AppContext {
    pub(crate) env: Env,
    pub(crate) data_dir: PathBuf,
    pub(crate) bus_config: BusConfig,
    pub(crate) bus: Arc<dyn Bus>,
}

impl AppContext {
    /// Opens the bus that the environment selects.
    pub(crate) async fn open(env: Env, data_dir: Option<PathBuf>) -> Result<Self, CliError> {
        let data_dir = data_dir.unwrap_or_else(|| data_directory(&env));
        let bus_config = BusConfig::from_env(&env, &data_dir)?;
        if matches!(bus_config, BusConfig::Local { .. }) {
            create_directory(&data_dir)?;
        }
        let bus = bus::open(&bus_config).await?;
        Ok(Self { env, data_dir, bus_config, bus })
    }

    /// Whether the bus is the local one, in the data directory.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.bus_config, BusConfig::Local { .. })
    }

    /// Checks that the bus is usable. Fails within seconds; other calls wait for a broker that may still be starting.
    pub(crate) async fn is_reachable(&self) -> Result<(), CliError> {
        match (self.bus.health().await, &self.bus_config) {
            (Err(BusError::Unavailable(reason)), BusConfig::Kafka(kafka)) => Err(CliError::Unreachable(format!(
                "Kafka at {} cannot be reached ({reason}); check that it runs and that KAFKA_BOOTSTRAP_SERVERS is right.",
                kafka.bootstrap_servers
            ))),
            (health, _) => Ok(health?),
        }
    }

    /// Waits for a broker that may still be starting: at most `tries` attempts, each reported on standard error.
    pub(crate) async fn wait_until_reachable(&self, tries: u32) -> Result<(), CliError> {
        for left in (0..tries).rev() {
            match self.is_reachable().await {
                Err(error @ CliError::Unreachable(_)) if left > 0 => {
                    output::print_problem(format_args!("{error} Retrying, {left} attempts left"));
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
        Ok(())
    }

    /// Creates the missing topics and returns their names.
    pub(crate) async fn create_topics(&self) -> Result<Vec<String>, CliError> {
        Ok(self.bus.create_topics(&topics::catalogue()).await?)
    }

    /// Opens a processor in this process.
    pub(crate) async fn processor(&self) -> Result<Processor, CliError> {
        let config = ProcessorConfig::from_env(&self.env, &self.data_dir)?;
        Ok(Processor::open(config, Arc::clone(&self.bus)).await?)
    }

    /// The bus's name for people.
    pub(crate) fn bus_name(&self) -> String {
        match &self.bus_config {
            BusConfig::Local { directory } => format!("local, in {}", directory.display()),
            BusConfig::Kafka(kafka) => format!("Kafka at {}", kafka.bootstrap_servers),
        }
    }
}

fn create_directory(directory: &Path) -> Result<(), CliError> {
    private_files::data_directory(directory).map_err(|error| {
        CliError::Usage(format!(
            "failed to use the data directory {}: {error}; choose another with --data-dir or RTFM_DATA_DIR",
            directory.display()
        ))
    })
}
