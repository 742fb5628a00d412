//! The local bus: a durable log with consumer groups in one SQLite file, for one machine. Several processes can share a
//! directory.
//!
//! Beyond the trait it guarantees that a record, commit or topic is on disk (`synchronous=FULL`, write-ahead log) when
//! the call returns, and so survives a crash and a power failure. Each process has one writing, one reading and one
//! watching thread; async threads never wait for SQLite. A dead process's partitions are free within a second. A live
//! process keeps its partitions, but must hand over a revoked one within [`PATIENCE`].

mod append;
mod balance;
mod consumer;
mod error;
mod files;
mod headers;
mod housekeeping;
mod membership;
mod partitioner;
mod poll;
mod range;
mod reader;
mod schema;
#[cfg(test)]
mod tests;
mod topics;
mod watcher;
mod writer;

use super::{
    Bus, BusError, Consumer, GroupMember, Lag, OutRecord, Position, Record, Subscription, TopicPartition, TopicSpec,
    TopicState,
};
use async_trait::async_trait;
use files::BusFiles;
use jiff::Timestamp;
use reader::ReaderThread;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::watch;
use watcher::{WatchSignal, Watcher};
use writer::{WriterThread, received};

/// How long a member may take to hand over a partition.
const PATIENCE: Duration = Duration::from_secs(45);

/// The largest part of a publication that is one piece of work, so that others get their turn.
const MOST_RECORDS: usize = 2_000;
const MOST_BYTES: usize = 8 << 20;

/// A bus in one directory of this machine. Clones share it.
#[derive(Clone, Debug)]
pub struct LocalBus {
    inner: Arc<OpenBus>,
}

/// An open bus, shared by its handles and consumers.
#[derive(Debug)]
struct OpenBus {
    files: BusFiles,
    instance: String,
    writer: WriterThread,
    reader: ReaderThread,
    watch: Arc<WatchSignal>,
    changes: watch::Sender<u64>,
    patience: Duration,
}

impl Drop for OpenBus {
    fn drop(&mut self) {
        self.watch.end();
    }
}

impl LocalBus {
    /// Opens the bus in this directory and creates missing files. Blocks for a moment.
    pub fn open(directory: &Path) -> Result<Self, BusError> {
        Self::open_with(directory, PATIENCE)
    }

    fn open_with(directory: &Path, patience: Duration) -> Result<Self, BusError> {
        let files = BusFiles::prepare(directory)?;
        let guard = files.guard()?;
        schema::settle(&files)?;
        files.remove_dead();
        let lock = files.register()?;
        drop(guard);
        let instance = lock.name.clone();
        let changes = watch::Sender::new(0);
        let notify = |changes: watch::Sender<u64>| move || changes.send_modify(|count| *count = count.wrapping_add(1));
        let on_exit = move |connection: &rusqlite::Connection| {
            if let Err(error) = membership::leave_all(connection, &lock.name) {
                tracing::debug!(?error, "failed to leave the groups, other processes will remove this one's members");
            }
            drop(lock);
        };
        let file = files.file.clone();
        let writer = WriterThread::start(file.clone(), schema::connect(&files)?, notify(changes.clone()), on_exit)?;
        let reader = ReaderThread::start(file, schema::connect(&files)?)?;
        let watch = Arc::<WatchSignal>::default();
        let watcher = Watcher {
            files: files.clone(),
            connection: schema::connect(&files)?,
            writer: writer.clone(),
            watch: watch.clone(),
        };
        watcher.start(notify(changes.clone()))?;
        let inner = OpenBus { files, instance, writer, reader, watch, changes, patience };
        Ok(Self { inner: Arc::new(inner) })
    }
}

#[async_trait]
impl Bus for LocalBus {
    async fn publish(&self, record: OutRecord) -> Result<Position, BusError> {
        let positions = self.publish_all(vec![record]).await?;
        positions.first().copied().ok_or_else(|| BusError::Unavailable("the record got no position".to_owned()))
    }

    async fn publish_all(&self, records: Vec<OutRecord>) -> Result<Vec<Position>, BusError> {
        records.iter().try_for_each(OutRecord::check_size)?;
        let mut answers = Vec::new();
        let (mut part, mut bytes) = (Vec::new(), 0);
        let mut records = records.into_iter().peekable();
        while let Some(record) = records.next() {
            bytes += record.size();
            part.push(record);
            if records.peek().is_none() || part.len() >= MOST_RECORDS || bytes >= MOST_BYTES {
                let part = std::mem::take(&mut part);
                let work = move |connection: &rusqlite::Connection| append::append(connection, &part);
                answers.push(self.inner.writer.enqueue(std::mem::take(&mut bytes), work).await);
            }
        }
        let mut positions = Vec::new();
        for answer in answers {
            positions.extend(received(answer.await)?);
        }
        Ok(positions)
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Consumer>, BusError> {
        Ok(Box::new(consumer::subscribe(self.inner.clone(), subscription).await?))
    }

    async fn create_topics(&self, specs: &[TopicSpec]) -> Result<Vec<String>, BusError> {
        let specs = specs.to_vec();
        self.inner.writer.write(move |connection| topics::create(connection, &specs)).await
    }

    async fn repair_topics(&self, specs: &[TopicSpec]) -> Result<(), BusError> {
        let specs = specs.to_vec();
        self.inner.writer.write(move |connection| topics::repair(connection, &specs)).await
    }

    async fn describe_topics(&self, names: &[&str]) -> Result<Vec<Option<TopicState>>, BusError> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let read = self
            .inner
            .reader
            .read(move |connection| names.iter().map(|name| topics::describe(connection, name)).collect());
        read.await
    }

    async fn list_topics(&self) -> Result<Vec<String>, BusError> {
        self.inner.reader.read(topics::list).await
    }

    async fn delete_topics(&self, names: &[&str]) -> Result<(), BusError> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        self.inner.writer.write(move |connection| topics::delete(connection, &names)).await
    }

    async fn lag(&self, group: &str, topic: &str) -> Result<Vec<Lag>, BusError> {
        let (group, topic) = (group.to_owned(), topic.to_owned());
        self.inner.reader.read(move |connection| topics::lag(connection, &group, &topic)).await
    }

    async fn members(&self, group: &str, topic: &str) -> Result<usize, BusError> {
        let (group, topic, files) = (group.to_owned(), topic.to_owned(), self.inner.files.clone());
        let living = self.inner.reader.read(move |connection| {
            let members = membership::of_group(connection, &group, &topic)?;
            Ok(members.iter().filter(|instance| files.is_alive(instance)).count())
        });
        living.await
    }

    async fn list_groups(&self) -> Result<Vec<String>, BusError> {
        self.inner.reader.read(range::groups).await
    }

    async fn describe_group(&self, group: &str) -> Result<Vec<GroupMember>, BusError> {
        let (group, files) = (group.to_owned(), self.inner.files.clone());
        self.inner.reader.read(move |connection| range::members(connection, &group, &files)).await
    }

    async fn read(&self, at: &TopicPartition, from: i64, most: usize) -> Result<Vec<Record>, BusError> {
        let at = at.clone();
        self.inner.reader.read(move |connection| range::read(connection, &at, from, most)).await
    }

    async fn delete_records(&self, at: &TopicPartition, before: i64) -> Result<(), BusError> {
        let at = at.clone();
        self.inner.writer.write(move |connection| range::delete(connection, &at, before)).await
    }

    async fn health(&self) -> Result<(), BusError> {
        self.inner.writer.write(|connection| topics::list(connection).map(drop)).await
    }

    async fn housekeeping(&self, now: Timestamp) -> Result<(), BusError> {
        let (files, writer) = (self.inner.files.clone(), self.inner.writer.clone());
        let kept = tokio::task::spawn_blocking(move || housekeeping::run(&files, &writer, now)).await;
        kept.unwrap_or_else(|error| Err(BusError::Unavailable(format!("housekeeping was cancelled: {error}"))))
    }
}
