//! Access to the file: one writer at a time, several concurrent readers, all of them off the async threads.

use super::{connection, error::SqliteError};
use crate::store::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// Concurrent reads. They are bound by the CPU, so more would not be faster.
const READERS: usize = 4;

/// How long a scrub waits for readers, and writers for it.
const SCRUB_PATIENCE: Duration = Duration::from_millis(100);

/// A handle on the SQLite file; clones share its connections.
#[derive(Clone, Debug)]
pub(super) struct Database {
    path: Arc<PathBuf>,
    writer: Arc<Mutex<Connection>>,
    idle: Arc<std::sync::Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    /// Whether the write-ahead log may hold removed content, as after a reader blocked a scrub.
    needs_scrub: Arc<AtomicBool>,
}

impl Database {
    pub(super) fn new(path: PathBuf, writer: Connection) -> Self {
        Self {
            path: Arc::new(path),
            writer: Arc::new(Mutex::new(writer)),
            idle: Arc::default(),
            permits: Arc::new(Semaphore::new(READERS)),
            // The last process may have ended before its scrub.
            needs_scrub: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Runs `work` in a read transaction, on one consistent state of the file. Starts a scrub that is still to do.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let result = self.read_only(work).await;
        if self.needs_scrub.swap(false, Relaxed) {
            let database = self.clone();
            tokio::spawn(async move {
                if let Err(error) = database.scrub().await {
                    tracing::warn!(%error, "failed to empty the write-ahead log, retrying with the next read");
                }
            });
        }
        result
    }

    async fn read_only<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Unavailable("the store is closed".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        let (path, idle) = (Arc::clone(&self.path), Arc::clone(&self.idle));
        blocking(&self.path, move || {
            let _permit: OwnedSemaphorePermit = permit;
            let connection = idle.lock().ok().and_then(|mut idle| idle.pop());
            let connection = connection.map_or_else(|| connection::reader(&path), Ok)?;
            let transaction = connection.unchecked_transaction()?;
            let result = work(&transaction);
            transaction.finish()?;
            if let (Ok(mut idle), Ok(_)) = (idle.lock(), &result) {
                idle.push(connection);
            }
            result
        })
        .await
    }

    /// Runs `work` in a write transaction. It takes effect completely or not at all, and is on disk on return.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut connection = Arc::clone(&self.writer).lock_owned().await;
        blocking(&self.path, move || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }

    /// Checkpoints and truncates the write-ahead log, so that neither it nor the file holds removed or replaced content.
    /// A concurrent reader can block that; later reads then try again.
    pub(super) async fn scrub(&self) -> Result<(), StoreError> {
        self.needs_scrub.store(true, Relaxed);
        let needs_scrub = Arc::clone(&self.needs_scrub);
        let connection = Arc::clone(&self.writer).lock_owned().await;
        blocking(&self.path, move || {
            connection.busy_timeout(SCRUB_PATIENCE)?;
            let blocked = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
            connection.busy_timeout(connection::BUSY)?;
            let blocked = match blocked {
                Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => true,
                answer => answer?,
            };
            needs_scrub.store(blocked, Relaxed);
            Ok(())
        })
        .await
    }
}

/// Runs `work` on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, SqliteError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|failure| failure.in_file(path)),
        Err(error) => {
            Err(StoreError::Unavailable(format!("failed to finish an operation on {}: {error}", path.display())))
        }
    }
}
