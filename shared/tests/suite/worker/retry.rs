//! Transient failures: tried again, within bounds.

use super::world::*;
use rtfm_shared::{resilience::Class, worker::WorkerPolicy};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_transient_failure_is_retried_with_growing_delays() {
    let bus = bus(1);
    publish(&bus, 0, "key", "value").await;
    let tries = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    let policy = WorkerPolicy { max_attempts: 6, retry_delay: Duration::from_secs(1), ..policy() };
    let world = World::start(&bus, policy, move |_| {
        let tries = tries.clone();
        async move { if tries.fetch_add(1, SeqCst) < 4 { Err(failure(Class::Transient)) } else { Ok(()) } }
    });
    world.committed(0, 1).await;
    assert_eq!(world.calls().len(), 5);
    assert!(begin.elapsed() >= Duration::from_secs(1 + 2 + 4 + 8), "{:?}", begin.elapsed());
    assert!(bus.records(DLQ).is_empty());
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lane_waiting_for_a_retry_blocks_no_other() {
    let bus = bus(1);
    publish(&bus, 0, "failing", "failing").await;
    for n in 0..20 {
        publish(&bus, 0, "fine", &n.to_string()).await;
    }
    let policy = WorkerPolicy {
        concurrency: 1,
        max_attempts: u32::MAX,
        retry_delay: Duration::from_secs(3600),
        longest_delay: Duration::from_secs(3600),
        ..policy()
    };
    let begin = Instant::now();
    let world = World::start(&bus, policy, |items| async move {
        if items[0].value == "failing" { Err(failure(Class::Transient)) } else { Ok(()) }
    });
    eventually("all others are handled", || world.calls().len() == 21).await;
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
    let ending = Instant::now();
    world.end().await.unwrap();
    assert!(ending.elapsed() < Duration::from_secs(1), "the wait for the retry ends with the worker");
    assert_eq!(bus.committed(GROUP, &at(0)), None);
    assert!(bus.records(DLQ).is_empty());
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded_and_then_the_record_is_dead_lettered() {
    let bus = bus(1);
    for value in ["fine", "failing", "fine too"] {
        publish(&bus, 0, "key", value).await;
    }
    let world = World::start(&bus, policy(), |items| async move {
        if items[0].value == "failing" { Err(failure(Class::Transient)) } else { Ok(()) }
    });
    world.committed(0, 3).await;
    assert_eq!(world.values(), ["fine", "failing", "failing", "failing", "fine too"]);
    let letters = bus.records(DLQ);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].headers.text("dlq-reason"), Some("hiccup"));
    assert_eq!(letters[0].headers.text("dlq-attempts"), Some("3"));
    world.end().await.unwrap();
}
