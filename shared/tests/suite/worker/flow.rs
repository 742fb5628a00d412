//! Backpressure, one partition at a time.

use super::world::*;
use rtfm_shared::{
    bus::{Bus, Headers, OutRecord},
    worker::WorkerPolicy,
};
use rtfm_testkit::bus::MemoryBus;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::sleep};

#[tokio::test(start_paused = true)]
async fn a_full_partition_is_paused_alone_and_resumed_at_half() {
    let bus = bus(2);
    for n in 0..100 {
        publish(&bus, 0, "slow", &n.to_string()).await;
        publish(&bus, 1, "quick", &n.to_string()).await;
    }
    let gate = Arc::new(Semaphore::new(0));
    let opened = gate.clone();
    let world = World::start(&bus, WorkerPolicy { max_in_flight: 10, ..policy() }, move |items| {
        let gate = gate.clone();
        async move {
            if items[0].key == "slow" {
                gate.acquire().await.unwrap().forget();
            }
            Ok(())
        }
    });
    world.committed(1, 100).await;
    assert_eq!(bus.paused(GROUP), [at(0)], "only the slow one is paused");
    opened.add_permits(4);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(bus.paused(GROUP), [at(0)], "6 of 10 in hand: still paused");
    opened.add_permits(1);
    world.committed(0, 5).await;
    eventually("it was resumed, filled up and was paused again", || bus.paused(GROUP) == [at(0)]).await;
    opened.add_permits(1000);
    world.committed(0, 100).await;
    assert!(bus.paused(GROUP).is_empty());
    world.end().await.unwrap();
}

/// How much a partition may have in memory in this test: a little more than three records of it.
const BYTES: usize = 32_000;

/// A worker that handles one record for each permit, once the flood has paused its partition.
async fn flooded(bus: &MemoryBus) -> (World, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let opened = gate.clone();
    let policy = WorkerPolicy { max_bytes_in_flight: BYTES, ..policy() };
    let world = World::start(bus, policy, move |_| {
        let gate = gate.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    eventually("the partition is paused", || bus.paused(GROUP) == [at(0)]).await;
    (world, opened)
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_large_records_stays_within_its_bytes() {
    let bus = bus(1);
    let large = "x".repeat(10_000);
    for _ in 0..50 {
        publish(&bus, 0, "flood", &large).await;
    }
    let (world, opened) = flooded(&bus).await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(bus.delivered(GROUP, &at(0)), 4, "the fourth goes beyond the limit, and no more are fetched");
    opened.add_permits(1);
    world.committed(0, 1).await;
    assert_eq!(bus.paused(GROUP), [at(0)], "three of them are more than half");
    opened.add_permits(1000);
    world.committed(0, 50).await;
    assert!(bus.paused(GROUP).is_empty());
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn headers_count_towards_the_memory_limit() {
    let bus = bus(1);
    let mut headers = Headers::default();
    (0..100).for_each(|_| headers.push("", ""));
    for _ in 0..50 {
        let (topic, value, headers) = (TOPIC.to_owned(), Some("v".into()), headers.clone());
        let record = OutRecord { topic, partition: Some(0), key: None, value, headers };
        bus.publish(record).await.unwrap();
    }
    let (world, opened) = flooded(&bus).await;
    assert!(bus.delivered(GROUP, &at(0)) < 10, "empty as they are: {}", bus.delivered(GROUP, &at(0)));
    opened.add_permits(1000);
    world.committed(0, 50).await;
    world.end().await.unwrap();
}
