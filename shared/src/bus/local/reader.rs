//! The process's reading thread. Each reading sees one consistent state; readers and writers do not block each other.

use super::{
    error::{self, WorkError},
    writer::{Reply, received},
};
use crate::bus::BusError;
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
};
use tokio::sync::{Semaphore, oneshot};

/// Readings that may wait in the queue; further callers wait for room.
const MOST_READINGS: usize = 256;

type ReadJob = Box<dyn FnOnce(&Connection) + Send>;

/// A handle to the reading thread, which ends with the last handle.
#[derive(Clone, Debug)]
pub(super) struct ReaderThread {
    jobs: mpsc::Sender<ReadJob>,
    room: Arc<Semaphore>,
    file: Arc<Path>,
}

impl ReaderThread {
    pub(super) fn start(file: PathBuf, connection: Connection) -> Result<Self, BusError> {
        let (jobs, queue) = mpsc::channel::<ReadJob>();
        let run = move || queue.into_iter().for_each(|job| job(&connection));
        std::thread::Builder::new()
            .name("bus-reader".to_owned())
            .spawn(run)
            .map_err(|error| error::io(&file, &error))?;
        Ok(Self { jobs, room: Arc::new(Semaphore::new(MOST_READINGS)), file: file.into() })
    }

    /// Queues a reading without waiting, for a caller that has at most one in the queue.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WorkError> + Send + 'static,
    ) -> Reply<T> {
        let (reply, answer) = oneshot::channel();
        let file = self.file.clone();
        let job: ReadJob = Box::new(move |connection| {
            let outcome = consistently(connection, work).map_err(|error| error.into_error(&file));
            let _ = reply.send(outcome);
        });
        // Without the thread the reply's sender is dropped, which the caller sees.
        let _ = self.jobs.send(job);
        answer
    }

    /// Reads, waiting for room in the queue.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WorkError> + Send + 'static,
    ) -> Result<T, BusError> {
        // Never closed. The permit travels with the work, which a caller that goes away does not take back.
        let room = self.room.clone().acquire_owned().await.ok();
        let work = move |connection: &Connection| {
            let _room = room;
            work(connection)
        };
        received(self.submit(work).await)
    }
}

fn consistently<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, WorkError>,
) -> Result<T, WorkError> {
    let transaction = connection.unchecked_transaction()?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}
