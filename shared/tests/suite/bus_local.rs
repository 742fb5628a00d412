//! The bus contract on the local bus.

use crate::bus_contract;
use rtfm_shared::{
    bus::{self, Bus},
    config::BusConfig,
};
use std::sync::Arc;

/// A directory of its own for each test; every further bus in it is opened as another process would.
struct Local {
    directory: tempfile::TempDir,
}

impl bus_contract::BusFixture for Local {
    const KEEPS_HOUSE: bool = true;

    async fn open() -> Option<Self> {
        Some(Self { directory: tempfile::tempdir().expect("a temporary directory") })
    }

    async fn bus(&self) -> Arc<dyn Bus> {
        bus::open(&BusConfig::Local { directory: self.directory.path().to_owned() }).await.expect("opened")
    }
}

bus_contract::contract!(Local);
