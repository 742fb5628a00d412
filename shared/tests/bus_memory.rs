//! What the bus in memory shares of the contract: that on which tests of tools stand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, dead_code)]

mod bus_contract;

use rtfm_shared::bus::{Bus, warn_of_drift};
use rtfm_testkit::bus::MemoryBus;
use std::sync::Arc;

struct Memory(MemoryBus);

impl bus_contract::Ground for Memory {
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
    order::a_partition_that_is_not_there_is_refused,
    tools::a_part_of_a_partition_is_read,
    tools::records_before_an_offset_are_deleted,
    tools::what_is_not_there_cannot_be_read_or_deleted,
    tools::groups_are_known_with_their_members,
    keeping::a_compacted_topic_refuses_a_record_without_a_key_for_good,
}

#[tokio::test(start_paused = true)]
async fn a_service_that_may_not_read_settings_compares_what_it_may() {
    let bus = MemoryBus::default();
    bus.refuse_settings();
    let looked = tokio::time::timeout(std::time::Duration::from_secs(3600), warn_of_drift(&bus)).await;
    assert!(looked.is_ok(), "it asks for ever");
}
