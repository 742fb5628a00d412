//! A corner of a broker for one test: topics and groups of its own, and helpers to listen.

use bytes::Bytes;
use rtfm_shared::{
    bus::{
        Bus, Cleanup, Consumer, ConsumerEvent, KafkaBus, NextOffset, OutRecord, Record, StartAt, Subscription,
        TopicPartition, TopicSpec,
    },
    config::KafkaConfig,
};
use rtfm_testkit::kafka::{Servers, for_tests};
use std::time::Duration;

/// How long a condition may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// A bus, and names that nobody else uses.
pub(crate) struct Corner {
    pub(crate) bus: KafkaBus,
    pub(crate) config: KafkaConfig,
    tag: String,
}

impl Corner {
    /// On the broker that all tests of this process share; none where there is no Kafka.
    pub(crate) async fn open() -> Option<Self> {
        Self::on(&Self::servers().await?.bootstrap)
    }

    /// On the shared broker if it is our own, with settings that let retention and compaction be seen.
    pub(crate) async fn quick() -> Option<Self> {
        let servers = Self::servers().await?;
        if !servers.own {
            println!("kafka: left out (retention and compaction need a broker of our own)");
            return None;
        }
        Self::on(&servers.bootstrap)
    }

    /// On this broker.
    pub(crate) fn on(servers: &str) -> Option<Self> {
        let config = KafkaConfig::of(servers);
        let bus = KafkaBus::connect(&config).unwrap();
        Some(Self { bus, config, tag: uuid::Uuid::new_v4().simple().to_string() })
    }

    async fn servers() -> Option<Servers> {
        tokio::task::spawn_blocking(for_tests).await.unwrap()
    }

    /// A further client, with this group.instance.id.
    pub(crate) fn instance(&self, name: &str) -> KafkaBus {
        let config = KafkaConfig { group_instance_id: Some(format!("{}-{name}", self.tag)), ..self.config.clone() };
        KafkaBus::connect(&config).unwrap()
    }

    /// A further client.
    pub(crate) fn further(&self) -> KafkaBus {
        KafkaBus::connect(&self.config).unwrap()
    }

    /// A name of its own.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.tag)
    }

    /// A topic that keeps its records for this long, or compacts them.
    pub(crate) async fn topic(&self, partitions: i32, retention: Option<Duration>) -> String {
        let name = self.name(&format!("t{partitions}"));
        self.create_as(&name, partitions, retention).await;
        name
    }

    /// A compacted topic whose outdated values may stay for a tenth of this time. Compaction knows no other.
    pub(crate) async fn compacted(&self, retention: Duration) -> String {
        let (name, retention) = (self.name("compacted"), Some(retention));
        let spec = TopicSpec { name: name.clone(), partitions: 1, retention, cleanup: Cleanup::Compact };
        assert_eq!(self.bus.create_topics(&[spec]).await.unwrap(), std::slice::from_ref(&name));
        name
    }

    /// A topic of this very name, with one partition, that keeps its records for a day.
    pub(crate) async fn create(&self, name: &str) {
        self.create_as(name, 1, Some(Duration::from_secs(24 * 3600))).await;
    }

    async fn create_as(&self, name: &str, partitions: i32, retention: Option<Duration>) {
        let cleanup = if retention.is_some() { Cleanup::Delete } else { Cleanup::Compact };
        let spec = TopicSpec { name: name.to_owned(), partitions, retention, cleanup };
        assert_eq!(self.bus.create_topics(&[spec]).await.unwrap(), [name]);
    }

    /// A topic that keeps its records for a day.
    pub(crate) async fn day(&self, partitions: i32) -> String {
        self.topic(partitions, Some(Duration::from_secs(24 * 3600))).await
    }

    /// Publishes these values onto one partition.
    pub(crate) async fn fill(&self, topic: &str, partition: i32, values: std::ops::Range<usize>) {
        let records = values.map(|value| record(topic, partition, &value.to_string())).collect();
        self.bus.publish_all(records).await.unwrap();
    }

    /// What the group has committed on partition 0.
    pub(crate) async fn committed(&self, group: &str, topic: &str) -> Option<i64> {
        self.bus.lag(group, topic).await.unwrap()[0].committed
    }
}

/// A record for a partition.
pub(crate) fn record(topic: &str, partition: i32, value: &str) -> OutRecord {
    let value = Some(Bytes::copy_from_slice(value.as_bytes()));
    OutRecord { topic: topic.to_owned(), partition: Some(partition), value, ..OutRecord::default() }
}

/// A consumer.
pub(crate) async fn subscribe(bus: &KafkaBus, topic: &str, group: Option<&str>, start: StartAt) -> Box<dyn Consumer> {
    let subscription = Subscription { topics: vec![topic.to_owned()], group: group.map(str::to_owned), start };
    bus.subscribe(subscription).await.unwrap()
}

/// The next thing that is heard.
pub(crate) async fn hear(consumer: &mut Box<dyn Consumer>) -> ConsumerEvent {
    tokio::time::timeout(PATIENCE, consumer.next()).await.expect("something is heard").unwrap()
}

/// The next record, whatever else is heard before.
pub(crate) async fn hear_record(consumer: &mut Box<dyn Consumer>) -> Record {
    loop {
        if let ConsumerEvent::Record(record) = hear(consumer).await {
            return record;
        }
    }
}

/// The values of the next records.
pub(crate) async fn hear_values(consumer: &mut Box<dyn Consumer>, count: usize) -> Vec<String> {
    let mut values = Vec::new();
    while values.len() < count {
        values.push(text(&hear_record(consumer).await));
    }
    values
}

/// A record's value as text.
pub(crate) fn text(record: &Record) -> String {
    String::from_utf8(record.value.clone().unwrap().to_vec()).unwrap()
}

/// Numbers as text.
pub(crate) fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

/// The next offset to read on partition 0.
pub(crate) fn next(topic: &str, offset: i64) -> NextOffset {
    NextOffset { at: TopicPartition::new(topic, 0), offset }
}

/// Waits for a condition of the world outside.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
