//! The roads: a partitioned, durable log of records with consumer groups. `Kafka` on many machines,
//! `Local` (one SQLite file) on one; what is above this trait cannot tell them apart, and one suite
//! of contract tests holds both to it.
//!
//! Promises of every implementation:
//! - records with the same key land on the same partition and keep their order;
//! - `publish` returns once the record is durable;
//! - a group's partition is consumed by one member at a time; what was not committed when a member
//!   leaves or dies is delivered again to whoever gets the partition next;
//! - offsets are per partition, ascending, and committed as *the next offset to read*.

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

/// Where a record came to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The partition.
    pub partition: i32,
    /// The offset on it.
    pub offset: i64,
}

/// Where a consumer begins on a partition for which its group has committed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// With the oldest record that is kept.
    Earliest,
    /// After the newest record there was when `subscribe` returned.
    Latest,
}

/// What a consumer wants.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The topics; they must exist.
    pub topics: Vec<String>,
    /// The consumer group that shares the partitions. `None`: every partition is read by this consumer
    /// alone, nothing is committed, and no other consumer is affected.
    pub group: Option<String>,
    /// Where to begin without a committed offset.
    pub start: StartAt,
}

/// The next offset to read on a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextOffset {
    /// The partition.
    pub at: TopicPartition,
    /// The offset of the first record that is not done.
    pub offset: i64,
}

/// What a consumer hears.
#[derive(Debug)]
pub enum ConsumerEvent {
    /// A record, in the order of its partition.
    Record(Record),
    /// These partitions are this consumer's from now on.
    Assigned(Vec<TopicPartition>),
    /// These partitions are about to be given up, or are already lost.
    Revoked(Revocation),
}

/// A notice that partitions go to another member. Until this value is dropped (or the implementation's
/// deadline passes) the partitions are still this consumer's: finish what is under way and commit it,
/// then drop it.
#[derive(Debug)]
pub struct Revocation {
    /// The partitions.
    pub partitions: Vec<TopicPartition>,
    /// Whether they are gone already, so that nothing can be committed any more.
    pub lost: bool,
    /// Dropping the sender tells the implementation to go on.
    pub done: Option<tokio::sync::oneshot::Sender<()>>,
}

/// One member of a consumer group, or a lone reader.
#[async_trait]
pub trait Consumer: Send {
    /// The next thing to hear. Cancel safe: nothing is lost when the future is dropped.
    async fn next(&mut self) -> Result<ConsumerEvent, BusError>;

    /// Notes that everything before these offsets is done. Cheap; `commit` makes it durable. Offsets of
    /// partitions that are no longer this consumer's are ignored.
    fn store(&mut self, offsets: &[NextOffset]) -> Result<(), BusError>;

    /// Makes the stored offsets durable. Does nothing without a group.
    async fn commit(&mut self) -> Result<(), BusError>;

    /// Stops delivery from these partitions until `resume`; records that were already fetched may be
    /// delivered again later, none is lost.
    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError>;

    /// Undoes `pause`.
    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError>;

    /// Commits what is stored and leaves the group, so that others take over at once.
    async fn close(self: Box<Self>) -> Result<(), BusError>;
}

/// A topic as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicState {
    /// Its name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// Copies of each record.
    pub replication: i32,
    /// How long records are kept, in milliseconds; `None`: for ever.
    pub retention_ms: Option<i64>,
    /// How old records go.
    pub cleanup: Cleanup,
    /// Per partition in order: the oldest kept offset and the offset that the next record will get.
    pub watermarks: Vec<(i64, i64)>,
}

/// How far a group is behind on a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The partition.
    pub at: TopicPartition,
    /// The next offset that the group will read; `None` when it never committed.
    pub committed: Option<i64>,
    /// The offset that the next record will get.
    pub end: i64,
    /// The oldest kept offset.
    pub begin: i64,
}

impl Lag {
    /// How many records wait.
    pub fn records(&self) -> i64 {
        (self.end - self.committed.unwrap_or(self.begin).max(self.begin)).max(0)
    }
}

/// A member of a consumer group, as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// The name by which the bus knows it; another one each time that it joins.
    pub id: String,
    /// The topics it subscribes to, sorted; empty where the bus does not tell, as Kafka does not while a
    /// group is being rearranged.
    pub topics: Vec<String>,
    /// The partitions it holds, sorted.
    pub partitions: Vec<TopicPartition>,
}

/// The roads themselves.
#[async_trait]
pub trait Bus: Send + Sync + std::fmt::Debug {
    /// Publishes one record and returns once it is durable. The partition is the record's own if it
    /// names one, else chosen by its key (the same key, the same partition; murmur2 as Kafka's own
    /// clients do), else any.
    async fn publish(&self, record: OutRecord) -> Result<Position, BusError>;

    /// Publishes many in order and returns once all are durable; on an error some may be.
    async fn publish_all(&self, records: Vec<OutRecord>) -> Result<Vec<Position>, BusError> {
        futures::future::try_join_all(records.into_iter().map(|record| self.publish(record))).await
    }

    /// Starts a consumer. For a lone reader the start positions are fixed when this returns: whatever is
    /// published afterwards is heard.
    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Consumer>, BusError>;

    /// Creates the topics that do not exist yet; those that do are left as they are. Returns the names
    /// created. Waits until they can be used.
    async fn create_topics(&self, specs: &[TopicSpec]) -> Result<Vec<String>, BusError>;

    /// The topics of these names as they are, `None` for each that does not exist.
    async fn describe_topics(&self, names: &[&str]) -> Result<Vec<Option<TopicState>>, BusError>;

    /// Per topic of these names, the oldest kept offset and the offset that the next record will get of every
    /// partition in order; `None` for each that does not exist. Unlike `describe_topics` it asks for no setting,
    /// which Kafka's ACLs may keep from a service.
    async fn watermarks(&self, names: &[&str]) -> Result<Vec<Option<Vec<(i64, i64)>>>, BusError> {
        let states = self.describe_topics(names).await?;
        Ok(states.into_iter().map(|state| Some(state?.watermarks)).collect())
    }

    /// Every topic's name, sorted, internal ones left out.
    async fn list_topics(&self) -> Result<Vec<String>, BusError>;

    /// Deletes these topics with all their records. Names that do not exist are an error.
    async fn delete_topics(&self, names: &[&str]) -> Result<(), BusError>;

    /// How far a group is behind on every partition of a topic.
    async fn lag(&self, group: &str, topic: &str) -> Result<Vec<Lag>, BusError>;

    /// How many live members a group has that subscribe to this topic.
    async fn members(&self, group: &str, topic: &str) -> Result<usize, BusError>;

    /// Every consumer group that the bus knows of, sorted: those with members, and those that have left a
    /// committed offset behind.
    async fn list_groups(&self) -> Result<Vec<String>, BusError>;

    /// The live members of a group, sorted by id; none of a group that nobody knows.
    async fn describe_group(&self, group: &str) -> Result<Vec<GroupMember>, BusError>;

    /// Up to `most` of the records that a partition has now from this offset on, in order, without any
    /// consumer. Fewer than are there when they are large; none only at the end. An offset before the oldest
    /// kept record means that one.
    async fn read(&self, at: &TopicPartition, from: i64, most: usize) -> Result<Vec<Record>, BusError>;

    /// Deletes a partition's records before this offset; one beyond the end means all of them. Offsets stay
    /// what they were.
    async fn delete_records(&self, at: &TopicPartition, before: i64) -> Result<(), BusError>;

    /// Whether the bus can be used right now; an error says what is wrong.
    async fn health(&self) -> Result<(), BusError>;

    /// Applies retention and compaction as of `now` where the implementation does that itself; a broker
    /// that does its own housekeeping ignores it.
    async fn housekeeping(&self, now: Timestamp) -> Result<(), BusError>;
}
