//! The bus: a partitioned, durable log of records with consumer groups. Two implementations, `Kafka` for many machines
//! and `Local` (one SQLite file) for one, pass the same contract tests; callers cannot tell them apart.
//!
//! Every implementation guarantees:
//! - records with the same key go to the same partition and keep their order;
//! - `publish` returns once the record is durable;
//! - a group's partition has one consumer at a time; what was not committed when a member leaves or dies is delivered
//!   again to the partition's next owner;
//! - offsets are per partition, ascending, and committed as *the next offset to read*.

pub mod access;
mod error;
mod kafka;
mod local;
mod open;
mod record;
mod tail;
pub mod topics;
mod verify;

use async_trait::async_trait;
use jiff::Timestamp;

pub use error::BusError;
pub use kafka::KafkaBus;
pub use local::LocalBus;
pub use open::open;
pub(crate) use record::MAX_DEAD_LETTER_BYTES;
pub use record::{Headers, MAX_RECORD_BYTES, OutRecord, Record, TopicPartition};
pub(crate) use tail::Tail;
pub use topics::{Cleanup, TopicSpec};
pub use verify::{Drift, topics_exist, verify, warn_of_drift};

/// The position of a published record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub partition: i32,
    pub offset: i64,
}

/// The start position on a partition without a committed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// The oldest kept record.
    Earliest,
    /// The end of the partition when `subscribe` returned.
    Latest,
}

#[derive(Clone, Debug)]
pub struct Subscription {
    /// The topics; each must exist.
    pub topics: Vec<String>,
    /// The consumer group that shares the partitions. `None` makes a lone reader: it reads every partition, commits
    /// nothing and affects no other consumer.
    pub group: Option<String>,
    pub start: StartAt,
}

/// The next offset to read on a partition: the first record that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextOffset {
    pub at: TopicPartition,
    pub offset: i64,
}

/// An event of a consumer.
#[derive(Debug)]
pub enum ConsumerEvent {
    /// The next record of a partition, in order.
    Record(Record),
    /// The consumer owns these partitions from now on.
    Assigned(Vec<TopicPartition>),
    /// The consumer is losing, or has lost, these partitions.
    Revoked(Revocation),
}

/// A revocation of partitions. Unless `lost`, they belong to the consumer until this value is dropped or the
/// implementation's deadline passes: finish and commit the records in flight, then drop it.
#[derive(Debug)]
pub struct Revocation {
    pub partitions: Vec<TopicPartition>,
    /// Whether the partitions are gone already, so that nothing can be committed.
    pub lost: bool,
    /// Dropping the sender completes the handover.
    pub done: Option<tokio::sync::oneshot::Sender<()>>,
}

/// A group member or a lone reader.
#[async_trait]
pub trait Consumer: Send {
    /// The next event. Cancel safe.
    async fn next(&mut self) -> Result<ConsumerEvent, BusError>;

    /// Stores offsets as finished, cheaply; `commit` makes them durable. Ignores partitions that the consumer no longer
    /// owns.
    fn store(&mut self, offsets: &[NextOffset]) -> Result<(), BusError>;

    /// Makes the stored offsets durable. Does nothing without a group.
    async fn commit(&mut self) -> Result<(), BusError>;

    /// Stops delivery from these partitions until `resume`. Fetched records may be delivered again later; none is lost.
    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError>;

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError>;

    /// Commits the stored offsets and leaves the group, so that others take over at once.
    async fn close(self: Box<Self>) -> Result<(), BusError>;
}

/// The state of an existing topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicState {
    pub name: String,
    pub partitions: i32,
    /// Copies of each record.
    pub replication: i32,
    /// Retention in milliseconds; `None` keeps records without limit.
    pub retention_ms: Option<i64>,
    pub cleanup: Cleanup,
    /// How long an outdated record may stay, in milliseconds; `None` without limit.
    pub cleanup_delay_ms: Option<i64>,
    /// For each partition in order: the oldest kept offset and the next one.
    pub watermarks: Vec<(i64, i64)>,
}

/// A group's lag on a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    pub at: TopicPartition,
    /// The next offset that the group reads; `None` when it never committed.
    pub committed: Option<i64>,
    /// The offset that the next record gets.
    pub end: i64,
    /// The oldest kept offset.
    pub begin: i64,
}

impl Lag {
    /// The number of records that the group has not read.
    pub fn records(&self) -> i64 {
        (self.end - self.committed.unwrap_or(self.begin).max(self.begin)).max(0)
    }
}

/// A member of a consumer group as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// The bus's id of the member, new at each join.
    pub id: String,
    /// The topics it subscribes to, sorted; empty while Kafka rebalances the group and does not report them.
    pub topics: Vec<String>,
    /// The partitions it owns, sorted.
    pub partitions: Vec<TopicPartition>,
}

#[async_trait]
pub trait Bus: Send + Sync + std::fmt::Debug {
    /// Publishes one record and returns once it is durable. The record's own partition applies if set, else its key
    /// chooses one (murmur2 as in Kafka's Java clients), else any is used.
    async fn publish(&self, record: OutRecord) -> Result<Position, BusError>;

    /// Publishes records in order and returns once all are durable. After an error some may be.
    async fn publish_all(&self, records: Vec<OutRecord>) -> Result<Vec<Position>, BusError> {
        let mut positions = Vec::with_capacity(records.len());
        for record in records {
            positions.push(self.publish(record).await?);
        }
        Ok(positions)
    }

    /// Starts a consumer. A lone reader's start positions are fixed when this returns, so it reads everything published
    /// afterwards.
    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Consumer>, BusError>;

    /// Creates missing topics, leaves existing ones as they are, and waits until all can be used. Returns the names
    /// created.
    async fn create_topics(&self, specs: &[TopicSpec]) -> Result<Vec<String>, BusError>;

    /// Makes existing topics drop old records as specified. Their other settings stay as they are.
    async fn repair_topics(&self, specs: &[TopicSpec]) -> Result<(), BusError>;

    /// The state of each named topic, `None` for a missing one.
    async fn describe_topics(&self, names: &[&str]) -> Result<Vec<Option<TopicState>>, BusError>;

    /// For each named topic, the oldest kept offset and the next one of every partition in order; `None` for a missing
    /// topic. Unlike `describe_topics` it reads no settings, which Kafka's ACLs may deny to a service.
    async fn watermarks(&self, names: &[&str]) -> Result<Vec<Option<Vec<(i64, i64)>>>, BusError> {
        let states = self.describe_topics(names).await?;
        Ok(states.into_iter().map(|state| Some(state?.watermarks)).collect())
    }

    /// All topic names, sorted, without internal ones.
    async fn list_topics(&self) -> Result<Vec<String>, BusError>;

    /// Deletes topics with all their records. A missing topic is an error.
    async fn delete_topics(&self, names: &[&str]) -> Result<(), BusError>;

    /// A group's lag on every partition of a topic.
    async fn lag(&self, group: &str, topic: &str) -> Result<Vec<Lag>, BusError>;

    /// The number of live group members that subscribe to the topic.
    async fn members(&self, group: &str, topic: &str) -> Result<usize, BusError>;

    /// All consumer groups with members or a committed offset, sorted.
    async fn list_groups(&self) -> Result<Vec<String>, BusError>;

    /// The live members of a group, sorted by id; empty for an unknown group.
    async fn describe_group(&self, group: &str) -> Result<Vec<GroupMember>, BusError>;

    /// Reads up to `most` records from an offset on, in order, without a consumer. Returns fewer when they are large,
    /// and none only at the end. An offset before the oldest kept record means that record.
    async fn read(&self, at: &TopicPartition, from: i64, most: usize) -> Result<Vec<Record>, BusError>;

    /// Deletes a partition's records before an offset; one beyond the end deletes all. Offsets do not change.
    async fn delete_records(&self, at: &TopicPartition, before: i64) -> Result<(), BusError>;

    /// Checks that the bus can be used; the error says why not.
    async fn health(&self) -> Result<(), BusError>;

    /// Applies retention and compaction as of `now`. Does nothing on Kafka, whose brokers do it.
    async fn housekeeping(&self, now: Timestamp) -> Result<(), BusError>;
}
