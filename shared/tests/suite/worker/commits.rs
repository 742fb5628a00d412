//! What is committed, and when.

use super::world::*;
use rtfm_shared::{bus::BusError, worker::WorkerPolicy};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::sleep};

#[tokio::test(start_paused = true)]
async fn commits_are_contiguous_whatever_the_order_of_completion() {
    let bus = bus(1);
    for n in 0..5 {
        publish(&bus, 0, &n.to_string(), &n.to_string()).await;
    }
    let gates: Arc<Vec<Semaphore>> = Arc::new((0..5).map(|_| Semaphore::new(0)).collect());
    let opened = gates.clone();
    let world = World::start(&bus, policy(), move |items| {
        let gates = gates.clone();
        async move {
            gates[items[0].offset as usize].acquire().await.unwrap().forget();
            Ok(())
        }
    });
    eventually("all run", || world.calls().len() == 5).await;
    let committed_after = async |done: usize| {
        opened[done].add_permits(1);
        sleep(Duration::from_secs(2)).await;
        bus.committed(GROUP, &at(0))
    };
    assert_eq!(committed_after(3).await, None);
    assert_eq!(committed_after(1).await, None);
    assert_eq!(committed_after(0).await, Some(2));
    assert_eq!(committed_after(4).await, Some(2));
    assert_eq!(committed_after(2).await, Some(5));
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn commits_come_at_their_interval_and_only_when_something_changed() {
    let bus = bus(1);
    let policy = WorkerPolicy { commit_interval: Duration::from_secs(2), ..policy() };
    let world = World::start(&bus, policy, |_| async { Ok(()) });
    sleep(Duration::from_secs(60)).await;
    assert_eq!(bus.commits(GROUP), 0, "nothing to say");
    for n in 0..100 {
        publish(&bus, 0, "key", &n.to_string()).await;
    }
    sleep(Duration::from_secs(60)).await;
    assert_eq!((bus.commits(GROUP), bus.committed(GROUP, &at(0))), (1, Some(100)));
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failed_commit_is_retried() {
    let bus = bus(1);
    bus.fail_commits((0..3).map(|_| BusError::Unavailable("as scripted".to_owned())));
    publish(&bus, 0, "key", "value").await;
    let world = World::start(&bus, policy(), |_| async { Ok(()) });
    world.committed(0, 1).await;
    assert_eq!(world.calls().len(), 1, "the record is not handled again");
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_worker_resumes_at_the_committed_offset() {
    let bus = bus(1);
    for n in 0..3 {
        publish(&bus, 0, "key", &n.to_string()).await;
    }
    let world = World::start(&bus, policy(), |_| async { Ok(()) });
    eventually("all are handled", || world.calls().len() == 3).await;
    world.end().await.unwrap();
    publish(&bus, 0, "key", "3").await;
    let world = World::start(&bus, policy(), |_| async { Ok(()) });
    world.committed(0, 4).await;
    assert_eq!(world.values(), ["3"], "the end committed what the interval had not");
    world.end().await.unwrap();
}
