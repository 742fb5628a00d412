//! A bus that comes and goes.

use super::world::*;
use rtfm_shared::{bus::BusError, worker::WorkerError};
use rtfm_testkit::bus::MemoryBus;
use std::time::Duration;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn an_unavailable_bus_is_waited_for() {
    let bus = bus(1);
    publish(&bus, 0, "key", "value").await;
    bus.fail_hearing((0..10).map(|_| BusError::Unavailable("as scripted".to_owned())));
    let world = World::start(&bus, policy(), |_| async { Ok(()) });
    world.committed(0, 1).await;
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_ended_consumer_is_replaced() {
    for end in [BusError::Closed("put out of the group".to_owned()), BusError::UnknownTopic(TOPIC.to_owned())] {
        let bus = bus(1);
        let world = World::start(&bus, policy(), |_| async { Ok(()) });
        publish(&bus, 0, "key", "before").await;
        world.committed(0, 1).await;
        bus.fail_hearing([end]);
        publish(&bus, 0, "key", "after").await;
        world.committed(0, 2).await;
        assert_eq!(world.values(), ["before", "after"]);
        world.end().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_topic_is_waited_for() {
    let bus = MemoryBus::default();
    let world = World::start(&bus, policy(), |_| async { Ok(()) });
    sleep(Duration::from_secs(30)).await;
    let spec = rtfm_shared::bus::TopicSpec {
        name: TOPIC.to_owned(),
        partitions: 1,
        retention: None,
        cleanup: rtfm_shared::bus::Cleanup::Delete,
    };
    rtfm_shared::bus::Bus::create_topics(&bus, &[spec]).await.unwrap();
    publish(&bus, 0, "key", "value").await;
    world.committed(0, 1).await;
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_fatal_bus_error_ends_the_worker_in_order() {
    let bus = bus(1);
    publish(&bus, 0, "key", "value").await;
    let world = World::start(&bus, policy(), |_| async { Ok(()) });
    eventually("the record is handled", || world.calls().len() == 1).await;
    bus.fail_hearing([BusError::Fatal("not authorized".to_owned())]);
    let error = world.ended().await.unwrap_err();
    assert!(matches!(error, WorkerError::Bus(BusError::Fatal(_))), "{error}");
    assert_eq!(bus.committed(GROUP, &at(0)), Some(1), "what was done is committed");
    assert!(!bus.is_live(GROUP));
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_records_ends_on_shutdown() {
    let world = World::start(&MemoryBus::default(), policy(), |_| async { Ok(()) });
    sleep(Duration::from_secs(30)).await;
    world.end().await.unwrap();
}
