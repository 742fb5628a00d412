//! The process's writing thread. One transaction takes all queued work, so that many publishers share one fsync; a
//! savepoint isolates each piece of work.

use super::error::{self, WorkError};
use crate::bus::BusError;
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Limits of one transaction: pieces of work and bytes of records.
const MOST_JOBS: usize = 4_096;
const MOST_BYTES: usize = 16 << 20;

/// Bytes that may wait in the queue; further callers wait for room.
const QUEUE_BYTES: usize = 64 << 20;
/// The least that a piece of work counts, so that many small ones fill the queue too.
const LEAST_BYTES: usize = 4 << 10;

/// The result of a piece of work, once it is durable.
pub(super) type Reply<T> = oneshot::Receiver<Result<T, BusError>>;

/// A handle to the writing thread, which ends with the last handle.
#[derive(Clone, Debug)]
pub(super) struct WriterThread {
    jobs: mpsc::Sender<Box<dyn WriteJob>>,
    room: Arc<Semaphore>,
    file: Arc<Path>,
}

impl WriterThread {
    /// Starts the thread. It calls `notify` after each transaction and `on_exit` last.
    pub(super) fn start(
        file: PathBuf,
        connection: Connection,
        notify: impl Fn() + Send + 'static,
        on_exit: impl FnOnce(&Connection) + Send + 'static,
    ) -> Result<Self, BusError> {
        let (jobs, queue) = mpsc::channel();
        let path = file.clone();
        std::thread::Builder::new()
            .name("bus-writer".to_owned())
            .spawn(move || {
                run(&path, &connection, &queue, notify);
                on_exit(&connection);
            })
            .map_err(|error| error::io(&file, &error))?;
        Ok(Self { jobs, room: Arc::new(Semaphore::new(QUEUE_BYTES)), file: file.into() })
    }

    /// Queues work with so many bytes of records, waiting for room. The reply comes when the work is durable, or failed
    /// and left no trace.
    pub(super) async fn enqueue<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&Connection) -> Result<T, WorkError> + Send + 'static,
    ) -> Reply<T> {
        let size = u32::try_from(bytes.clamp(LEAST_BYTES, QUEUE_BYTES)).unwrap_or(u32::MAX);
        // Never closed.
        let room = self.room.clone().acquire_many_owned(size).await.ok();
        self.push(bytes, room, work)
    }

    /// Queues work without waiting, for a caller that has at most one piece in the queue.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WorkError> + Send + 'static,
    ) -> Reply<T> {
        self.push(0, None, work)
    }

    fn push<T: Send + 'static>(
        &self,
        bytes: usize,
        room: Option<OwnedSemaphorePermit>,
        work: impl FnOnce(&Connection) -> Result<T, WorkError> + Send + 'static,
    ) -> Reply<T> {
        let (reply, answer) = oneshot::channel();
        let task = QueuedWrite { bytes, work: Some(work), outcome: None, reply, file: self.file.clone(), _room: room };
        // Without the thread the reply's sender is dropped, which the caller sees.
        let _ = self.jobs.send(Box::new(task));
        answer
    }

    /// Runs work and waits until it is durable.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WorkError> + Send + 'static,
    ) -> Result<T, BusError> {
        received(self.enqueue(0, work).await.await)
    }

    /// The same on a blocking thread.
    pub(super) fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WorkError> + Send + 'static,
    ) -> Result<T, BusError> {
        received(self.submit(work).blocking_recv())
    }
}

/// A reply that never came is an error.
pub(super) fn received<T>(answer: Result<Result<T, BusError>, oneshot::error::RecvError>) -> Result<T, BusError> {
    answer.unwrap_or_else(|_| Err(BusError::Closed("the local bus has ended".to_owned())))
}

/// A piece of work of any type.
trait WriteJob: Send {
    fn bytes(&self) -> usize;
    /// Runs it; returns whether it succeeded.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Replies with its own result or with the transaction's failure.
    fn answer(self: Box<Self>, failure: Option<&dyn Fn() -> BusError>);
}

struct QueuedWrite<T, F> {
    bytes: usize,
    work: Option<F>,
    outcome: Option<Result<T, WorkError>>,
    reply: oneshot::Sender<Result<T, BusError>>,
    file: Arc<Path>,
    _room: Option<OwnedSemaphorePermit>,
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, WorkError> + Send> WriteJob for QueuedWrite<T, F> {
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn run(&mut self, connection: &Connection) -> bool {
        self.outcome = self.work.take().map(|work| work(connection));
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, failure: Option<&dyn Fn() -> BusError>) {
        let outcome = match (self.outcome, failure) {
            // Its own error says more than the transaction's.
            (Some(Err(error)), _) => Err(error.into_error(&self.file)),
            (_, Some(failure)) => Err(failure()),
            (Some(outcome), None) => outcome.map_err(|error| error.into_error(&self.file)),
            (None, None) => Err(BusError::Unavailable("the work did not run".to_owned())),
        };
        let _ = self.reply.send(outcome);
    }
}

fn run(file: &Path, connection: &Connection, queue: &mpsc::Receiver<Box<dyn WriteJob>>, notify: impl Fn()) {
    while let Ok(first) = queue.recv() {
        let mut bytes = first.bytes();
        let mut batch = vec![first];
        while batch.len() < MOST_JOBS && bytes < MOST_BYTES {
            let Ok(job) = queue.try_recv() else { break };
            bytes += job.bytes();
            batch.push(job);
        }
        let result = transact(connection, &mut batch);
        notify();
        let failure = result.err().map(|error| {
            tracing::warn!(%error, jobs = batch.len(), "failed to commit a transaction of the local bus");
            move || error::sql(file, &error)
        });
        for job in batch {
            job.answer(failure.as_ref().map(|failure| failure as &dyn Fn() -> BusError));
        }
    }
}

fn transact(connection: &Connection, batch: &mut [Box<dyn WriteJob>]) -> rusqlite::Result<()> {
    let done = attempt(connection, batch);
    if done.is_err() && !connection.is_autocommit() {
        // The first failure is reported.
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}

fn attempt(connection: &Connection, batch: &mut [Box<dyn WriteJob>]) -> rusqlite::Result<()> {
    let step = |sql| connection.prepare_cached(sql)?.execute([]);
    step("BEGIN IMMEDIATE")?;
    for job in batch {
        step("SAVEPOINT job")?;
        if !job.run(connection) {
            if connection.is_autocommit() {
                // After some failures, such as a broken disk, SQLite rolls back by itself.
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
                return Err(rusqlite::Error::SqliteFailure(code, Some("the transaction was rolled back".to_owned())));
            }
            step("ROLLBACK TO job")?;
        }
        step("RELEASE job")?;
    }
    step("COMMIT").map(|_| ())
}
