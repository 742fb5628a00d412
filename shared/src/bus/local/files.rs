//! The files of the local bus in the data directory, and the locks by which processes detect each other.
//!
//! `bus.sqlite` holds all data. `bus.lock` is held while opening. In `bus.members` each open bus keeps one file locked;
//! the operating system releases the lock however the process ends. A free lock therefore proves that the process is
//! dead, and a process that hangs still counts as alive.

use super::error;
use crate::{bus::BusError, private_files};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
};

#[derive(Clone, Debug)]
pub(super) struct BusFiles {
    pub(super) file: PathBuf,
    lock: PathBuf,
    members: PathBuf,
}

/// An open bus: its name and the lock on its file.
#[derive(Debug)]
pub(super) struct InstanceLock {
    pub(super) name: String,
    path: PathBuf,
    _lock: File,
}

impl BusFiles {
    /// Creates missing files and closes existing ones to other users.
    pub(super) fn prepare(directory: &Path) -> Result<Self, BusError> {
        let files = Self {
            file: directory.join("bus.sqlite"),
            lock: directory.join("bus.lock"),
            members: directory.join("bus.members"),
        };
        let at = |path| move |error| error::io(path, &error);
        private_files::data_directory(directory).map_err(at(directory))?;
        private_files::directory(&files.members).map_err(at(&files.members))?;
        private_files::database(&files.file).map_err(at(&files.file))?;
        Ok(files)
    }

    /// Takes the lock for opening, so that two processes do not create the same file at once.
    pub(super) fn guard(&self) -> Result<File, BusError> {
        locked(&self.lock).map_err(|error| error::io(&self.lock, &error))
    }

    /// Registers an open bus. The caller holds the guard.
    pub(super) fn register(&self) -> Result<InstanceLock, BusError> {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let path = self.members.join(&name);
        let lock = locked(&path).map_err(|error| error::io(&path, &error))?;
        Ok(InstanceLock { name, path, _lock: lock })
    }

    /// Whether the bus of this name is open; true in doubt.
    pub(super) fn is_alive(&self, name: &str) -> bool {
        match open(&self.members.join(name)) {
            Ok(file) => match file.try_lock() {
                Ok(()) => false,
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
            },
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    }

    /// Removes the files of dead processes. The caller holds the guard, so that none is just registering.
    pub(super) fn remove_dead(&self) {
        for entry in std::fs::read_dir(&self.members).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| !self.is_alive(name)) {
                // Another process may have removed it.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for InstanceLock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Creates the file where it is missing, and waits for its lock.
fn locked(path: &Path) -> std::io::Result<File> {
    private_files::file(path)?;
    let file = open(path)?;
    file.lock()?;
    Ok(file)
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}
