//! Maps SQLite's failures to [`StoreError`].

use crate::store::StoreError;
use rusqlite::{Error, ErrorCode};
use std::path::Path;

/// A failure inside a transaction.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqliteError {
    #[error(transparent)]
    Sqlite(#[from] Error),
    #[error("failed to decode a stored message: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SqliteError {
    /// The caller's view of the failure, with the file's path.
    pub(super) fn in_file(self, path: &Path) -> StoreError {
        let path = path.display();
        match self {
            Self::Store(error) => error,
            Self::Json(_) => StoreError::Unusable(format!("{path}: {self}")),
            Self::Sqlite(ref error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Unusable(format!(
                    "{path}: {self}; the file is damaged or not a message store; move it away and import the messages \
                     again"
                )),
                Some(ErrorCode::TooBig) => StoreError::Refused(self.to_string()),
                Some(
                    ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::DiskFull
                    | ErrorCode::CannotOpen
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::ReadOnly
                    | ErrorCode::PermissionDenied
                    | ErrorCode::OutOfMemory
                    | ErrorCode::FileLockingProtocolFailed
                    | ErrorCode::OperationInterrupted,
                ) => StoreError::Unavailable(format!("{path}: {self}")),
                _ => StoreError::Unusable(format!("{path}: {self}")),
            },
        }
    }
}
