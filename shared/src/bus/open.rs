//! Opens the configured bus.

use super::{Bus, BusError, kafka::KafkaBus, local::LocalBus};
use crate::config::BusConfig;
use std::sync::Arc;

/// Opens the configured bus. Kafka is connected to later.
pub async fn open(config: &BusConfig) -> Result<Arc<dyn Bus>, BusError> {
    match config {
        BusConfig::Local { directory } => {
            let directory = directory.clone();
            let opened = tokio::task::spawn_blocking(move || LocalBus::open(&directory)).await;
            let bus = opened.map_err(|error| BusError::Unavailable(format!("opening was cancelled: {error}")))??;
            Ok(Arc::new(bus))
        }
        BusConfig::Kafka(config) => {
            let config = config.clone();
            // Starts threads; connecting happens later.
            let made = tokio::task::spawn_blocking(move || KafkaBus::connect(&config)).await;
            let bus = made.map_err(|error| BusError::Unavailable(format!("opening was cancelled: {error}")))??;
            Ok(Arc::new(bus))
        }
    }
}
