//! Transactions: shared by many, standing or falling alone, and failures that pass.

use super::{bus_with, out};
use crate::{
    bus::{Bus, BusError, OutRecord},
    resilience::{Class, Classify},
};
use rusqlite::Connection;

#[tokio::test]
async fn a_refused_record_does_not_take_its_neighbours_with_it() {
    let (directory, bus) = bus_with("t", 1).await;
    // While another connection writes, everything queues up and then goes into one transaction.
    let other = Connection::open(directory.path().join("bus.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let publish = |record: OutRecord| {
        let bus = bus.clone();
        async move { bus.publish(record).await }
    };
    let batch = [out("t", 0, "a"), out("nowhere", 0, "b"), out("t", 9, "c"), out("t", 0, "d")].map(publish);
    let half = vec![out("t", 0, "half"), out("t", 4, "no such partition")];
    let all = futures::future::join(futures::future::join_all(batch), bus.publish_all(half));
    let release = async {
        tokio::task::yield_now().await;
        other.execute_batch("COMMIT").unwrap();
    };
    let ((results, half), ()) = futures::future::join(all, release).await;
    assert_eq!(results[0].as_ref().unwrap().offset, 0);
    assert!(matches!(&results[1], Err(BusError::UnknownTopic(topic)) if topic == "nowhere"));
    assert!(matches!(&results[2], Err(BusError::UnknownPartition { partition: 9, .. })));
    assert_eq!(results[3].as_ref().unwrap().offset, 1);
    assert!(matches!(half, Err(BusError::UnknownPartition { partition: 4, .. })));
    let state = bus.describe_topics(&["t"]).await.unwrap().remove(0).unwrap();
    assert_eq!(state.watermarks, [(0, 2)], "nothing of a refused batch is left");
}

#[tokio::test]
async fn a_full_disk_is_said_and_passes() {
    let (_directory, bus) = bus_with("t", 1).await;
    let large = || OutRecord { value: Some(vec![7; 900_000].into()), ..out("t", 0, "") };
    let pages = |sql: &'static str| bus.inner.writer.write(move |connection| Ok(connection.execute_batch(sql)?));
    // SQLite's own limit fails in the same way as a disk without space.
    pages("PRAGMA max_page_count = 300").await.unwrap();
    bus.publish(large()).await.unwrap();
    let error = bus.publish(large()).await.unwrap_err();
    assert!(matches!(&error, BusError::Unavailable(reason) if reason.contains("no disk space left")), "{error:?}");
    assert_eq!(error.class(), Class::DependencyDown);
    assert_eq!(bus.publish(out("t", 0, "small")).await.unwrap().offset, 1, "what fits is still taken");
    pages("PRAGMA max_page_count = 100000").await.unwrap();
    assert_eq!(bus.publish(large()).await.unwrap().offset, 2);
    bus.health().await.unwrap();
}

#[tokio::test]
async fn a_batch_of_any_size_goes_through_in_order() {
    let (_directory, bus) = bus_with("t", 1).await;
    let records = (0..5_000).map(|n| out("t", 0, &n.to_string())).collect();
    let offsets: Vec<_> = bus.publish_all(records).await.unwrap().into_iter().map(|at| at.offset).collect();
    assert_eq!(offsets, (0..5_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn work_that_fails_half_way_leaves_no_trace() {
    let (_directory, bus) = bus_with("t", 1).await;
    bus.publish(out("t", 0, "kept")).await.unwrap();
    assert!(matches!(bus.delete_topics(&["t", "nowhere"]).await, Err(BusError::UnknownTopic(_))));
    assert!(bus.create_topics(&[super::spec("new", 1), super::spec("no name", 1)]).await.is_err());
    assert_eq!(bus.list_topics().await.unwrap(), ["t"]);
    let state = bus.describe_topics(&["t"]).await.unwrap().remove(0).unwrap();
    assert_eq!(state.watermarks, [(0, 1)]);
}
