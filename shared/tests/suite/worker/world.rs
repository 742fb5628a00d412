//! A worker with a scripted handler on a bus in memory.

use async_trait::async_trait;
use futures::future::BoxFuture;
use rtfm_shared::{
    bus::{Bus, Headers, OutRecord, Record, StartAt, Subscription, TopicPartition},
    resilience::Class,
    worker::{Failure, Handler, Worker, WorkerError, WorkerPolicy},
};
use rtfm_testkit::bus::MemoryBus;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const TOPIC: &str = "things";
pub(crate) const DLQ: &str = "things.dlq";
pub(crate) const GROUP: &str = "group";

/// A record as the scripted handler understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: String,
    pub(crate) value: String,
}

type Script = dyn Fn(Vec<Item>) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync;

struct Scripted {
    script: Box<Script>,
    calls: Arc<Mutex<Vec<Vec<Item>>>>,
}

#[async_trait]
impl Handler for Scripted {
    type Item = Item;

    fn decode(&self, record: &Record) -> Result<Item, Failure> {
        let text =
            |bytes: &Option<bytes::Bytes>| bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let value = text(&record.value).ok_or_else(|| Failure::permanent("no_value", "nothing"))?;
        if value == "unreadable" {
            return Err(Failure::permanent("invalid", "cannot be read"));
        }
        assert_ne!(value, "panic in decode");
        let key = text(&record.key).unwrap_or_default();
        Ok(Item { partition: record.at.partition, offset: record.offset, key, value })
    }

    async fn handle(&self, batch: &[Item]) -> Result<(), Failure> {
        self.calls.lock().unwrap().push(batch.to_vec());
        (self.script)(batch.to_vec()).await
    }
}

/// A worker on its way, with all that a test wants to see of it.
pub(crate) struct World {
    pub(crate) bus: MemoryBus,
    calls: Arc<Mutex<Vec<Vec<Item>>>>,
    shutdown: CancellationToken,
    worker: JoinHandle<Result<(), WorkerError>>,
}

/// Numbers under which tests are easy to follow.
pub(crate) fn policy() -> WorkerPolicy {
    WorkerPolicy { max_attempts: 3, ..WorkerPolicy::named("rtfm/test") }
}

pub(crate) fn at(partition: i32) -> TopicPartition {
    TopicPartition::new(TOPIC, partition)
}

/// A bus with the topic in so many partitions, and its dead letters.
pub(crate) fn bus(partitions: i32) -> MemoryBus {
    MemoryBus::with_topics(&[(TOPIC, partitions), (DLQ, 1)])
}

impl World {
    /// Starts a worker whose handler does as the script says.
    pub(crate) fn start<F, R>(bus: &MemoryBus, policy: WorkerPolicy, script: F) -> Self
    where
        F: Fn(Vec<Item>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let handler = Scripted { script: Box::new(move |items| Box::pin(script(items))), calls: calls.clone() };
        let subscription =
            Subscription { topics: vec![TOPIC.to_owned()], group: Some(GROUP.to_owned()), start: StartAt::Earliest };
        let shutdown = CancellationToken::new();
        let worker = Worker::new(Arc::new(bus.clone()), subscription, handler, policy);
        let worker = tokio::spawn(worker.run(shutdown.clone()));
        Self { bus: bus.clone(), calls, shutdown, worker }
    }

    /// Every call of the handler so far.
    pub(crate) fn calls(&self) -> Vec<Vec<Item>> {
        self.calls.lock().unwrap().clone()
    }

    /// The values of every call so far, calls joined.
    pub(crate) fn values(&self) -> Vec<String> {
        self.calls().concat().into_iter().map(|item| item.value).collect()
    }

    /// Waits until the group has committed this offset on the partition.
    pub(crate) async fn committed(&self, partition: i32, offset: i64) {
        let reached = || self.bus.committed(GROUP, &at(partition)) == Some(offset);
        eventually(&format!("offset {offset} on partition {partition} is committed"), reached).await;
    }

    /// Asks the worker to end and returns what it says.
    pub(crate) async fn end(self) -> Result<(), WorkerError> {
        self.shutdown.cancel();
        self.worker.await.expect("the worker does not panic")
    }

    /// Waits for a worker that ends by itself.
    pub(crate) async fn ended(self) -> Result<(), WorkerError> {
        self.worker.await.expect("the worker does not panic")
    }
}

/// Waits until the condition holds; far longer than any rule under test takes.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never happened: {what}");
}

/// Publishes text to a partition.
pub(crate) async fn publish(bus: &MemoryBus, partition: i32, key: &str, value: &str) {
    let record = OutRecord {
        topic: TOPIC.to_owned(),
        partition: Some(partition),
        key: Some(key.to_owned().into()),
        value: Some(value.to_owned().into()),
        headers: Headers::default(),
    };
    bus.publish(record).await.unwrap();
}

pub(crate) fn failure(class: Class) -> Failure {
    let reason = match class {
        Class::Transient => "hiccup",
        Class::Permanent => "malformed",
        Class::DependencyDown => "store_down",
    };
    Failure { class, reason, error: "as scripted".to_owned() }
}
