//! SQLite's errors as bus errors.

use crate::bus::BusError;
use rusqlite::ErrorCode;
use std::path::Path;

/// A failure of a piece of work: the bus's own or SQLite's.
#[derive(Debug)]
pub(super) enum WorkError {
    Bus(BusError),
    Sql(rusqlite::Error),
}

impl From<BusError> for WorkError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl From<rusqlite::Error> for WorkError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl WorkError {
    /// The caller's error, with the file's name.
    pub(super) fn into_error(self, file: &Path) -> BusError {
        match self {
            Self::Bus(error) => error,
            Self::Sql(error) => sql(file, &error),
        }
    }
}

pub(super) fn sql(file: &Path, error: &rusqlite::Error) -> BusError {
    let file = file.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            BusError::Unavailable(format!("another process has locked {file} for too long"))
        }
        Some(ErrorCode::DiskFull) => BusError::Unavailable(format!("no disk space left for {file}; free some")),
        Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed | ErrorCode::OutOfMemory) => {
            BusError::Unavailable(format!("{file}: {error}"))
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => BusError::Fatal(format!(
            "{file} cannot be opened for writing ({error}); check who owns it and its directory"
        )),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            BusError::Fatal(format!("{file} is damaged or no SQLite file ({error}); move it away to begin anew"))
        }
        _ => BusError::Fatal(format!("{file}: {error}")),
    }
}

pub(super) fn io(path: &Path, error: &std::io::Error) -> BusError {
    let path = path.display();
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            BusError::Unavailable(format!("no disk space left for {path}; free some"))
        }
        _ => BusError::Fatal(format!("{path} cannot be used ({error}); check the data directory and who owns it")),
    }
}
