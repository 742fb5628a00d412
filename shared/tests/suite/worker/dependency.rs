//! A dependency that is away: nobody hammers it, nothing is lost, nothing is dead-lettered.

use super::world::*;
use rtfm_shared::{resilience::Class, worker::WorkerPolicy};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn every_record_waits_behind_the_open_breaker() {
    let bus = bus(3);
    for n in 0..90 {
        publish(&bus, n % 3, &format!("key {}", n % 30), &n.to_string()).await;
    }
    let down = Arc::new(AtomicBool::new(true));
    let switch = down.clone();
    let world = World::start(&bus, policy(), move |_| {
        let down = down.clone();
        async move {
            sleep(Duration::from_millis(1)).await;
            if down.load(SeqCst) { Err(failure(Class::DependencyDown)) } else { Ok(()) }
        }
    });
    sleep(Duration::from_secs(600)).await;
    let tries = world.calls().len();
    // The first 16 lanes at once, then one probe at a time, soon 15 to 30 seconds apart.
    assert!((30..=16 + 60).contains(&tries), "{tries} tries in ten minutes");
    assert!((0..3).all(|partition| bus.committed(GROUP, &at(partition)).is_none()));
    switch.store(false, SeqCst);
    for partition in 0..3 {
        world.committed(partition, 30).await;
    }
    assert!(bus.records(DLQ).is_empty(), "no record is at fault");
    let handled: Vec<_> = world.calls().split_off(tries).concat();
    assert_eq!(handled.len(), 90, "all are handled, each once");
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_record_with_an_unavailable_dependency_does_not_stop_the_others() {
    let bus = bus(1);
    publish(&bus, 0, "cursed", "cursed").await;
    for n in 0..20 {
        publish(&bus, 0, &n.to_string(), "fine").await;
    }
    let world = World::start(&bus, policy(), |items| async move {
        if items[0].value == "cursed" { Err(failure(Class::DependencyDown)) } else { Ok(()) }
    });
    let fine = || world.values().iter().filter(|value| *value == "fine").count();
    eventually("all others are handled", || fine() == 20).await;
    assert!(bus.records(DLQ).is_empty());
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unavailable_dependency_uses_no_attempts() {
    let bus = bus(1);
    publish(&bus, 0, "key", "value").await;
    let script = [Class::DependencyDown; 10].into_iter().chain([Class::Transient; 2]);
    let script = Arc::new(std::sync::Mutex::new(script.collect::<std::collections::VecDeque<_>>()));
    let world = World::start(&bus, policy(), move |_| {
        let next = script.lock().unwrap().pop_front();
        async move { next.map_or(Ok(()), |class| Err(failure(class))) }
    });
    world.committed(0, 1).await;
    assert_eq!(world.calls().len(), 13);
    assert!(bus.records(DLQ).is_empty());
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_waiting_at_the_breaker() {
    let bus = bus(1);
    for n in 0..5 {
        publish(&bus, 0, &n.to_string(), "value").await;
    }
    let policy =
        WorkerPolicy { retry_delay: Duration::from_secs(3600), longest_delay: Duration::from_secs(3600), ..policy() };
    let world = World::start(&bus, policy, |_| async { Err(failure(Class::DependencyDown)) });
    eventually("it is away", || !world.calls().is_empty()).await;
    let ending = Instant::now();
    world.end().await.unwrap();
    assert!(ending.elapsed() < Duration::from_secs(1), "{:?}", ending.elapsed());
    assert_eq!(bus.committed(GROUP, &at(0)), None);
}
