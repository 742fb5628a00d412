//! The part of the bus contract that the in-memory bus keeps: what the tests of tools rely on.

use crate::bus_contract;
use rtfm_shared::bus::{Bus, warn_of_drift};
use rtfm_testkit::bus::MemoryBus;
use std::sync::Arc;

struct Memory(MemoryBus);

impl bus_contract::BusFixture for Memory {
    const KEEPS_HOUSE: bool = false;

    async fn open() -> Option<Self> {
        Some(Self(MemoryBus::default()))
    }

    async fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(self.0.clone())
    }
}

bus_contract::contract! { @each Memory;
    order::keeps_the_order_within_a_key,
    order::an_unknown_partition_is_rejected,
    tools::a_range_of_a_partition_is_read,
    tools::records_before_an_offset_are_deleted,
    tools::unknown_partitions_cannot_be_read_or_deleted,
    tools::groups_are_listed_with_their_members,
    keeping::a_compacted_topic_rejects_a_record_without_a_key,
}

#[tokio::test(start_paused = true)]
async fn drift_detection_skips_settings_the_service_may_not_read() {
    let bus = MemoryBus::default();
    bus.refuse_settings();
    let looked = tokio::time::timeout(std::time::Duration::from_secs(3600), warn_of_drift(&bus)).await;
    assert!(looked.is_ok(), "it asks for ever");
}
