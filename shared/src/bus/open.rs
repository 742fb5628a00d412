//! The bus that the configuration names.

use super::{Bus, BusError, local::LocalBus};
use crate::config::BusConfig;
use std::sync::Arc;

/// Opens the bus that the configuration names.
pub async fn open(config: &BusConfig) -> Result<Arc<dyn Bus>, BusError> {
    match config {
        BusConfig::Local { directory } => {
            let directory = directory.clone();
            let opened = tokio::task::spawn_blocking(move || LocalBus::open(&directory)).await;
            let bus = opened.map_err(|error| BusError::Unavailable(format!("opening was stopped: {error}")))??;
            Ok(Arc::new(bus))
        }
        BusConfig::Kafka(_) => {
            Err(BusError::Fatal("this build has no Kafka yet; unset KAFKA_BOOTSTRAP_SERVERS".to_owned()))
        }
    }
}
