//! The end of a worker.

use super::world::*;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};

#[tokio::test(start_paused = true)]
async fn shutdown_finishes_and_commits_what_runs_and_starts_nothing() {
    let bus = bus(1);
    for n in 0..3 {
        publish(&bus, 0, "key", &n.to_string()).await;
    }
    let world = World::start(&bus, policy(), |_| async {
        sleep(Duration::from_secs(5)).await;
        Ok(())
    });
    eventually("the first is under way", || world.calls().len() == 1).await;
    let begin = Instant::now();
    assert!(bus.is_live(GROUP));
    world.end().await.unwrap();
    assert!(begin.elapsed() > Duration::from_secs(4) && begin.elapsed() < Duration::from_secs(6));
    assert_eq!(bus.committed(GROUP, &at(0)), Some(1));
    assert!(!bus.is_live(GROUP), "it has left the group");
}

#[tokio::test(start_paused = true)]
async fn the_drain_deadline_aborts_stuck_handlers() {
    let bus = bus(2);
    publish(&bus, 0, "stuck", "stuck").await;
    publish(&bus, 1, "fine", "fine").await;
    let alive = Arc::new(());
    let held = alive.clone();
    let world = World::start(&bus, policy(), move |items| {
        let held = held.clone();
        async move {
            if items[0].value == "stuck" {
                std::future::pending::<()>().await;
            }
            drop(held);
            Ok(())
        }
    });
    eventually("both are tried", || world.calls().len() == 2).await;
    let begin = Instant::now();
    world.end().await.unwrap();
    assert!(begin.elapsed() >= policy().drain_deadline && begin.elapsed() < 2 * policy().drain_deadline);
    assert_eq!((bus.committed(GROUP, &at(0)), bus.committed(GROUP, &at(1))), (None, Some(1)));
    eventually("the stuck call is dropped", || Arc::strong_count(&alive) == 1).await;
}

#[tokio::test(start_paused = true)]
async fn records_queued_behind_a_slow_call_stay_uncommitted() {
    let bus = bus(1);
    for n in 0..4 {
        publish(&bus, 0, "key", &n.to_string()).await;
    }
    let gate = Arc::new(Semaphore::new(1));
    let world = World::start(&bus, policy(), move |_| {
        let gate = gate.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    eventually("the second is under way", || world.calls().len() == 2).await;
    world.end().await.unwrap();
    assert_eq!(bus.committed(GROUP, &at(0)), Some(1));
    let next = World::start(&bus, policy(), |_| async { Ok(()) });
    next.committed(0, 4).await;
    assert_eq!(next.values(), ["1", "2", "3"]);
    next.end().await.unwrap();
}
