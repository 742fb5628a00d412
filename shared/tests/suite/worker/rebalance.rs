//! Partitions that go to another member and come back.

use super::world::*;
use rtfm_shared::bus::Bus;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};

/// A worker on two partitions with 3 records each, of which the first is under way and waits for a
/// permit; the records of partition 1 do not wait.
async fn blocked_on_partition_0(lanes: &str) -> (World, Arc<Semaphore>) {
    let bus = bus(2);
    for n in 0..3 {
        publish(&bus, 0, lanes, &n.to_string()).await;
        publish(&bus, 1, "other", &n.to_string()).await;
    }
    let gate = Arc::new(Semaphore::new(0));
    let opened = gate.clone();
    let world = World::start(&bus, policy(), move |items| {
        let gate = gate.clone();
        async move {
            if items[0].partition == 0 {
                gate.acquire().await.unwrap().forget();
            }
            Ok(())
        }
    });
    world.committed(1, 3).await;
    (world, opened)
}

fn tries_of(world: &World, partition: i32) -> Vec<i64> {
    world.calls().concat().iter().filter(|item| item.partition == partition).map(|item| item.offset).collect()
}

#[tokio::test(start_paused = true)]
async fn a_revoked_partition_is_drained_committed_and_then_given_up() {
    let (world, gate) = blocked_on_partition_0("one lane").await;
    let mut released = world.bus.revoke(GROUP, &[at(0)], false);
    sleep(Duration::from_secs(2)).await;
    assert!(released.try_recv().is_err_and(|error| error == tokio::sync::oneshot::error::TryRecvError::Empty));
    publish(&world.bus, 1, "other", "meanwhile").await;
    world.committed(1, 4).await;
    gate.add_permits(1);
    assert!(released.await.is_err(), "dropped");
    assert_eq!(world.bus.committed(GROUP, &at(0)), Some(1), "what was under way is committed before it is let go");
    assert_eq!(tries_of(&world, 0), [0], "what had not begun is left for the next owner");
    gate.add_permits(10);
    world.bus.assign(GROUP, &[at(0)]);
    world.committed(0, 3).await;
    assert_eq!(tries_of(&world, 0), [0, 1, 2]);
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_at_its_deadline_and_late_completions_are_ignored() {
    let (world, gate) = blocked_on_partition_0("one lane").await;
    let begin = Instant::now();
    let released = world.bus.revoke(GROUP, &[at(0)], false);
    assert!(released.await.is_err(), "dropped");
    let waited = begin.elapsed();
    assert!(waited >= policy().drain_deadline && waited < 2 * policy().drain_deadline, "{waited:?}");
    gate.add_permits(1);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(world.bus.committed(GROUP, &at(0)), None, "done, but too late to count");
    world.bus.assign(GROUP, &[at(0)]);
    gate.add_permits(3);
    world.committed(0, 3).await;
    assert_eq!(tries_of(&world, 0), [0, 0, 1, 2], "the uncommitted is delivered and handled again");
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lost_partitions_are_dropped_at_once() {
    let (world, gate) = blocked_on_partition_0("one lane").await;
    let released = world.bus.revoke(GROUP, &[at(0)], true);
    let released = timeout(Duration::from_secs(1), released).await.expect("at once");
    assert!(released.is_err());
    gate.add_permits(1);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(world.bus.committed(GROUP, &at(0)), None);
    assert_eq!(tries_of(&world, 0), [0]);
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lane_keeps_its_order_over_a_reassignment() {
    let (world, gate) = blocked_on_partition_0("one lane").await;
    world.bus.revoke(GROUP, &[at(0)], true).await.unwrap_err();
    world.bus.assign(GROUP, &[at(0)]);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(tries_of(&world, 0), [0], "the lane is still busy with the record from before");
    gate.add_permits(10);
    world.committed(0, 3).await;
    assert_eq!(tries_of(&world, 0), [0, 0, 1, 2]);
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_record_redelivered_while_running_is_handled_once() {
    let (world, gate) = blocked_on_partition_0("one lane").await;
    for record in world.bus.records(TOPIC).into_iter().filter(|record| record.at.partition == 0) {
        world.bus.redeliver(GROUP, record);
    }
    sleep(Duration::from_secs(1)).await;
    gate.add_permits(10);
    world.committed(0, 3).await;
    assert_eq!(tries_of(&world, 0), [0, 1, 2]);
    assert_eq!(world.bus.lag(GROUP, TOPIC).await.unwrap().iter().map(|lag| lag.records()).sum::<i64>(), 0);
    world.end().await.unwrap();
}
