//! The one thread of a process that reads for all of its consumers, each time from one consistent state. Readers
//! and writers do not wait for each other.

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

/// Readings that may wait in the queue; further callers wait until one is answered.
const MOST_READINGS: usize = 256;

type ReadJob = Box<dyn FnOnce(&Connection) + Send>;

/// The way to the reading thread. The thread ends when the last of these is gone.
#[derive(Clone, Debug)]
pub(super) struct ReaderThread {
    jobs: mpsc::Sender<ReadJob>,
    room: Arc<Semaphore>,
    file: Arc<Path>,
}

impl ReaderThread {
    /// Starts the thread.
    pub(super) fn start(file: PathBuf, connection: Connection) -> Result<Self, BusError> {
        let (jobs, queue) = mpsc::channel::<ReadJob>();
        let run = move || queue.into_iter().for_each(|job| job(&connection));
        std::thread::Builder::new()
            .name("bus-reader".to_owned())
            .spawn(run)
            .map_err(|error| error::io(&file, &error))?;
        Ok(Self { jobs, room: Arc::new(Semaphore::new(MOST_READINGS)), file: file.into() })
    }

    /// Queues a reading at once, for a caller that cannot wait and has one in the queue at a time.
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
        // Without the thread the job is dropped, and its answer says so.
        let _ = self.jobs.send(job);
        answer
    }

    /// Reads and waits for the answer.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WorkError> + Send + 'static,
    ) -> Result<T, BusError> {
        // Nothing closes the semaphore.
        let _room = self.room.acquire().await.ok();
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
