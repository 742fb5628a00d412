//! One test's own corner of a fixture: topics and groups with names that nobody else uses.

use super::BusFixture;
use bytes::Bytes;
use rtfm_shared::bus::{Bus, Cleanup, Consumer, OutRecord, StartAt, Subscription, TopicSpec};
use std::{sync::Arc, time::Duration};

/// A test's own corner.
pub(crate) struct World<G> {
    /// Where further buses can be opened.
    pub(crate) fixture: G,
    /// A bus on it.
    pub(crate) bus: Arc<dyn Bus>,
    tag: String,
}

impl<G: BusFixture> World<G> {
    /// A corner for the test of this name; none where the fixture cannot be had.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let fixture = G::open().await?;
        let bus = fixture.bus().await;
        let unique = uuid::Uuid::new_v4().simple().to_string();
        Some(Self { fixture, bus, tag: format!("{}-{}", &unique[..12], &test[..test.len().min(24)]) })
    }

    /// A name of this test's own.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.tag)
    }

    /// A topic that keeps its records for a day.
    pub(crate) async fn topic(&self, name: &str, partitions: i32) -> String {
        let day = Some(Duration::from_secs(24 * 3600));
        self.topic_of(TopicSpec { name: name.to_owned(), partitions, retention: day, cleanup: Cleanup::Delete }).await
    }

    /// A topic of this shape, under a name of this test's own.
    pub(crate) async fn topic_of(&self, mut spec: TopicSpec) -> String {
        spec.name = self.name(&spec.name);
        let name = spec.name.clone();
        assert_eq!(self.bus.create_topics(&[spec]).await.expect("the topic is created"), std::slice::from_ref(&name));
        name
    }

    /// A consumer that begins at the oldest record.
    pub(crate) async fn subscribe(&self, topic: &str, group: Option<&str>) -> Box<dyn Consumer> {
        subscribe(&*self.bus, topic, group, StartAt::Earliest).await
    }

    /// Publishes `count` records with values 0, 1, … onto one partition.
    pub(crate) async fn fill(&self, topic: &str, partition: i32, count: usize) {
        let records = (0..count).map(|n| on(topic, partition, &n.to_string())).collect();
        let positions = self.bus.publish_all(records).await.expect("published");
        assert_eq!(positions.len(), count);
    }
}

/// A consumer of one topic.
pub(crate) async fn subscribe(bus: &dyn Bus, topic: &str, group: Option<&str>, start: StartAt) -> Box<dyn Consumer> {
    let subscription = Subscription { topics: vec![topic.to_owned()], group: group.map(str::to_owned), start };
    bus.subscribe(subscription).await.expect("subscribed")
}

/// A record by key.
pub(crate) fn keyed(topic: &str, key: &str, value: &str) -> OutRecord {
    OutRecord { topic: topic.to_owned(), key: Some(bytes(key)), value: Some(bytes(value)), ..OutRecord::default() }
}

/// A record for a partition, without a key.
pub(crate) fn on(topic: &str, partition: i32, value: &str) -> OutRecord {
    OutRecord { topic: topic.to_owned(), partition: Some(partition), value: Some(bytes(value)), ..OutRecord::default() }
}

/// Text as bytes.
pub(crate) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}
