//! A bus that notes which topics its owner uses, and how.

use async_trait::async_trait;
use jiff::Timestamp;
use rtfm_shared::bus::{
    Bus, BusError, Consumer, GroupMember, Lag, OutRecord, Position, Record, Subscription, TopicPartition, TopicSpec,
    TopicState,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

/// A use of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordedUse {
    /// Written to.
    Published(String),
    /// Read without a group.
    Followed(String),
    /// Read in a group: the topic and the group.
    Consumed(String, String),
}

/// Another bus, with notes. Clones share them.
#[derive(Clone, Debug)]
pub struct RecordingBus {
    bus: Arc<dyn Bus>,
    uses: Arc<Mutex<BTreeSet<RecordedUse>>>,
}

impl RecordingBus {
    /// Begins without notes.
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus, uses: Arc::default() }
    }

    /// The uses so far.
    pub fn uses(&self) -> BTreeSet<RecordedUse> {
        self.uses.lock().unwrap().clone()
    }

    fn note(&self, used: RecordedUse) {
        self.uses.lock().unwrap().insert(used);
    }
}

#[async_trait]
impl Bus for RecordingBus {
    async fn publish(&self, record: OutRecord) -> Result<Position, BusError> {
        self.note(RecordedUse::Published(record.topic.clone()));
        self.bus.publish(record).await
    }

    async fn publish_all(&self, records: Vec<OutRecord>) -> Result<Vec<Position>, BusError> {
        records.iter().for_each(|record| self.note(RecordedUse::Published(record.topic.clone())));
        self.bus.publish_all(records).await
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Consumer>, BusError> {
        for topic in subscription.topics.clone() {
            self.note(match subscription.group.clone() {
                Some(group) => RecordedUse::Consumed(topic, group),
                None => RecordedUse::Followed(topic),
            });
        }
        self.bus.subscribe(subscription).await
    }

    async fn read(&self, at: &TopicPartition, from: i64, most: usize) -> Result<Vec<Record>, BusError> {
        self.note(RecordedUse::Followed(at.topic.to_string()));
        self.bus.read(at, from, most).await
    }

    async fn create_topics(&self, specs: &[TopicSpec]) -> Result<Vec<String>, BusError> {
        self.bus.create_topics(specs).await
    }

    async fn repair_topics(&self, specs: &[TopicSpec]) -> Result<(), BusError> {
        self.bus.repair_topics(specs).await
    }

    async fn describe_topics(&self, names: &[&str]) -> Result<Vec<Option<TopicState>>, BusError> {
        self.bus.describe_topics(names).await
    }

    async fn watermarks(&self, names: &[&str]) -> Result<Vec<Option<Vec<(i64, i64)>>>, BusError> {
        self.bus.watermarks(names).await
    }

    async fn list_topics(&self) -> Result<Vec<String>, BusError> {
        self.bus.list_topics().await
    }

    async fn delete_topics(&self, names: &[&str]) -> Result<(), BusError> {
        self.bus.delete_topics(names).await
    }

    async fn lag(&self, group: &str, topic: &str) -> Result<Vec<Lag>, BusError> {
        self.bus.lag(group, topic).await
    }

    async fn members(&self, group: &str, topic: &str) -> Result<usize, BusError> {
        self.bus.members(group, topic).await
    }

    async fn list_groups(&self) -> Result<Vec<String>, BusError> {
        self.bus.list_groups().await
    }

    async fn describe_group(&self, group: &str) -> Result<Vec<GroupMember>, BusError> {
        self.bus.describe_group(group).await
    }

    async fn delete_records(&self, at: &TopicPartition, before: i64) -> Result<(), BusError> {
        self.bus.delete_records(at, before).await
    }

    async fn health(&self) -> Result<(), BusError> {
        self.bus.health().await
    }

    async fn housekeeping(&self, now: Timestamp) -> Result<(), BusError> {
        self.bus.housekeeping(now).await
    }
}
