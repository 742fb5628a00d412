//! The files of the local bus in the data directory, and the locks by which processes detect each other.
//!
//! `bus.sqlite` holds all data. `bus.lock` is held while opening. In `bus.members` each open bus keeps one file locked;
//! the operating system releases the lock however the process ends. A free lock therefore proves that the process is
//! dead, and a process that hangs still counts as alive.

use super::error;
use crate::bus::BusError;
use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
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
    /// Creates missing files, readable by their owner only, because the bus holds conversations.
    pub(super) fn prepare(directory: &Path) -> Result<Self, BusError> {
        let files = Self {
            file: directory.join("bus.sqlite"),
            lock: directory.join("bus.lock"),
            members: directory.join("bus.members"),
        };
        make_directory(directory)?;
        make_directory(&files.members)?;
        open(&files.file, true).map_err(|error| error::io(&files.file, &error))?;
        Ok(files)
    }

    /// Takes the lock for opening, so that two processes do not create the same file at once.
    pub(super) fn guard(&self) -> Result<File, BusError> {
        open(&self.lock, true)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|error| error::io(&self.lock, &error))
    }

    /// Registers an open bus. The caller holds the guard.
    pub(super) fn register(&self) -> Result<InstanceLock, BusError> {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let path = self.members.join(&name);
        open(&path, true)
            .and_then(|file| file.lock().map(|()| file))
            .map(|lock| InstanceLock { name, path: path.clone(), _lock: lock })
            .map_err(|error| error::io(&path, &error))
    }

    /// Whether the bus of this name is open; true in doubt.
    pub(super) fn is_alive(&self, name: &str) -> bool {
        match open(&self.members.join(name), false) {
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

fn make_directory(path: &Path) -> Result<(), BusError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| error::io(path, &error))
}

fn open(path: &Path, create: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
