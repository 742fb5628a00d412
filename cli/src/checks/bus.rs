//! Checks of the bus, and of its topics against the catalogue.

use super::Check;
use crate::{app_context::AppContext, error::CliError};
use rtfm_shared::{
    bus::{self, BusError, Drift, topics},
    config::BusConfig,
};

/// Checks that the bus is usable.
pub(crate) async fn bus(context: &AppContext) -> Check {
    let name = "bus";
    match context.bus.health().await {
        Ok(()) => Check::passed(name, context.bus_name()),
        Err(error) => Check::failed(name, error.to_string(), remedy(context, &error)),
    }
}

fn remedy(context: &AppContext, error: &BusError) -> &'static str {
    match (&context.bus_config, error) {
        (BusConfig::Local { .. }, _) => "check the data directory: its owner and the free space",
        (BusConfig::Kafka(_), BusError::Fatal(_)) => "check the KAFKA_ settings: security, user and permissions",
        (BusConfig::Kafka(_), _) => "start Kafka (`make up`), or set KAFKA_BOOTSTRAP_SERVERS to its address",
    }
}

/// The differences between the topics and the catalogue.
pub(crate) async fn drift(context: &AppContext) -> Result<Vec<Drift>, CliError> {
    Ok(bus::verify(context.bus.as_ref(), &topics::catalogue()).await?)
}
