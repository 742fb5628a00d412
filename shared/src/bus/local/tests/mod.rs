//! What is the local bus's own and so not in the contract: its files, its transactions, its groups' finer points.

mod files;
mod groups;
mod housekeeping;
mod writing;

use super::LocalBus;
use crate::bus::{Bus, Cleanup, Consumer, ConsumerEvent, OutRecord, Record, StartAt, Subscription, TopicSpec};
use std::time::Duration;
use tempfile::TempDir;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn spec(name: &str, partitions: i32) -> TopicSpec {
    TopicSpec { name: name.to_owned(), partitions, retention: None, cleanup: Cleanup::Delete }
}

async fn bus_with(topic: &str, partitions: i32) -> (TempDir, LocalBus) {
    let directory = tempfile::tempdir().unwrap();
    let bus = LocalBus::open(directory.path()).unwrap();
    bus.create_topics(&[spec(topic, partitions)]).await.unwrap();
    (directory, bus)
}

fn out(topic: &str, partition: i32, value: &str) -> OutRecord {
    OutRecord {
        topic: topic.to_owned(),
        partition: Some(partition),
        value: Some(value.to_owned().into()),
        ..OutRecord::default()
    }
}

async fn member(bus: &LocalBus, topic: &str, start: StartAt) -> Box<dyn Consumer> {
    let topics = vec![topic.to_owned()];
    bus.subscribe(Subscription { topics, group: Some("g".to_owned()), start }).await.unwrap()
}

async fn event(consumer: &mut Box<dyn Consumer>) -> ConsumerEvent {
    tokio::time::timeout(PATIENCE, consumer.next()).await.expect("in time").unwrap()
}

async fn record(consumer: &mut Box<dyn Consumer>) -> Record {
    loop {
        match event(consumer).await {
            ConsumerEvent::Record(record) => return record,
            ConsumerEvent::Assigned(_) => {}
            ConsumerEvent::Revoked(revocation) => panic!("{revocation:?}"),
        }
    }
}

fn text(record: &Record) -> &str {
    std::str::from_utf8(record.value.as_ref().unwrap()).unwrap()
}
