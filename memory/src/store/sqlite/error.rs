//! What SQLite's failures mean for the caller.

use crate::store::StoreError;
use rusqlite::{Error, ErrorCode};
use std::path::Path;

/// A failure inside a piece of work on the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqliteError {
    #[error(transparent)]
    Sqlite(#[from] Error),
    #[error("a stored message cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SqliteError {
    /// As the caller sees it, naming the file.
    pub(super) fn in_file(self, path: &Path) -> StoreError {
        let path = path.display();
        match self {
            Self::Store(error) => error,
            Self::Json(_) => StoreError::Unusable(format!("{path}: {self}")),
            Self::Sqlite(ref error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Unusable(format!(
                    "{path}: {self}; it is damaged or no RTFM memory: move it away and import the messages again"
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
