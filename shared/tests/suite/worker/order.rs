//! Order within a lane, many lanes at once, batches that form by themselves.

use super::world::*;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{sync::Semaphore, time::sleep};

#[tokio::test(start_paused = true)]
async fn order_holds_within_a_key_while_keys_run_at_once() {
    let bus = bus(3);
    for n in 0..300_u64 {
        publish(&bus, (n % 3) as i32, &format!("key {}", n % 12), &n.to_string()).await;
    }
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let peak = most.clone();
    let world = World::start(&bus, policy(), move |items| {
        let (running, most) = (running.clone(), most.clone());
        async move {
            most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
            // Every record takes another time, so that without lanes the order would be lost.
            sleep(Duration::from_millis((items[0].offset * 7919 % 13) as u64)).await;
            running.fetch_sub(1, SeqCst);
            Ok(())
        }
    });
    for partition in 0..3 {
        world.committed(partition, 100).await;
    }
    let calls = world.calls().concat();
    assert_eq!(calls.len(), 300);
    for key in 0..12 {
        let key = format!("key {key}");
        let values: Vec<u64> =
            calls.iter().filter(|item| item.key == key).map(|item| item.value.parse().unwrap()).collect();
        assert_eq!(values.len(), 25);
        assert!(values.is_sorted(), "{key}: {values:?}");
    }
    assert_eq!(peak.load(SeqCst), 12, "as many at once as there are lanes");
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_bounded_and_hundreds_are_possible() {
    for (allowed, expected) in [(4, 4), (600, 600)] {
        let bus = bus(2);
        for n in 0..700 {
            publish(&bus, n % 2, &n.to_string(), "question").await;
        }
        let gate = Arc::new(Semaphore::new(0));
        let running = Arc::new(AtomicUsize::new(0));
        let (opened, seen) = (gate.clone(), running.clone());
        let policy = rtfm_shared::worker::WorkerPolicy { concurrency: allowed, ..policy() };
        let world = World::start(&bus, policy, move |_| {
            let (gate, running) = (gate.clone(), running.clone());
            async move {
                running.fetch_add(1, SeqCst);
                gate.acquire().await.unwrap().forget();
                Ok(())
            }
        });
        eventually("as many run as may", || seen.load(SeqCst) == expected).await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!(seen.load(SeqCst), expected, "and no more");
        opened.add_permits(1000);
        world.committed(0, 350).await;
        world.committed(1, 350).await;
        world.end().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_blocked_lane_blocks_no_other() {
    let bus = bus(1);
    publish(&bus, 0, "blocked", "blocked").await;
    for n in 0..50 {
        publish(&bus, 0, &format!("free {}", n % 5), "free").await;
    }
    let world = World::start(&bus, policy(), |items| async move {
        if items[0].value == "blocked" {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    eventually("all others are handled", || world.values().iter().filter(|value| *value == "free").count() == 50).await;
    assert_eq!(bus.committed(GROUP, &at(0)), None, "nothing is committed past the blocked record");
    world.end().await.unwrap();
    assert_eq!(bus.committed(GROUP, &at(0)), None);
}

#[tokio::test(start_paused = true)]
async fn a_batch_holds_what_arrived_during_the_previous_one() {
    let bus = bus(1);
    publish(&bus, 0, "key", "0").await;
    let gate = Arc::new(Semaphore::new(0));
    let opened = gate.clone();
    let policy = rtfm_shared::worker::WorkerPolicy { batch: 8, ..policy() };
    let world = World::start(&bus, policy, move |_| {
        let gate = gate.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    eventually("the first is handled alone, without waiting for more", || world.calls().len() == 1).await;
    for n in 1..=20 {
        publish(&bus, 0, "key", &n.to_string()).await;
    }
    // All have been heard before the first is done.
    sleep(Duration::from_secs(1)).await;
    opened.add_permits(100);
    world.committed(0, 21).await;
    let sizes: Vec<_> = world.calls().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 8, 8, 4]);
    let values: Vec<u64> = world.values().iter().map(|value| value.parse().unwrap()).collect();
    assert!(values.is_sorted(), "{values:?}");
    world.end().await.unwrap();
}
