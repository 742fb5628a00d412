//! The bus, and whether its topics are as the catalogue says.

use super::Check;
use crate::{fault::Fault, foundation::Foundation};
use rtfm_shared::{
    bus::{self, BusError, Drift, topics},
    config::BusConfig,
};

/// Whether the bus can be used.
pub(crate) async fn bus(foundation: &Foundation) -> Check {
    let name = "bus";
    match foundation.bus.health().await {
        Ok(()) => Check::well(name, foundation.bus_name()),
        Err(error) => Check::failed(name, error.to_string(), remedy(foundation, &error)),
    }
}

fn remedy(foundation: &Foundation, error: &BusError) -> &'static str {
    match (&foundation.bus_config, error) {
        (BusConfig::Local { .. }, _) => "check the data directory: who owns it, and whether there is space",
        (BusConfig::Kafka(_), BusError::Fatal(_)) => "check the KAFKA_ settings: security, user and permissions",
        (BusConfig::Kafka(_), _) => "start Kafka (`make up`), or set KAFKA_BOOTSTRAP_SERVERS to where it is",
    }
}

/// How the topics differ from the catalogue.
pub(crate) async fn drift(foundation: &Foundation) -> Result<Vec<Drift>, Fault> {
    Ok(bus::verify(foundation.bus.as_ref(), &topics::catalogue()).await?)
}
