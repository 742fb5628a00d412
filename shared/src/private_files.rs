//! Directories and files for their owner alone, whatever the umask: they hold conversations.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{Error, ErrorKind, Result},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// The entries of a data directory. An existing directory with one of them is a data directory.
const OURS: [&str; 3] = ["bus.sqlite", "memory.sqlite", "models"];

/// Creates the data directory, or closes an existing one to others. Refuses a directory that others can enter and that
/// holds other files, such as `/tmp`: closing it would take those files away from their users.
pub fn data_directory(path: &Path) -> Result<()> {
    if path.exists() && is_open(path)? && !is_ours(path)? {
        return Err(Error::new(
            ErrorKind::PermissionDenied,
            "other users can enter it, and it holds files that are not RTFM's; name a directory that RTFM has for itself",
        ));
    }
    directory(path)
}

/// Creates a directory inside the data directory, or closes an existing one to others.
pub fn directory(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    close(path, 0o700)
}

/// Creates an empty file, or closes an existing one to others. Does not open an existing file: closing it again would
/// release the locks that SQLite holds on it in this process.
pub fn file(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => close(path, 0o600),
        created => created.map(drop),
    }
}

/// The same for a file of SQLite, with its write-ahead log and that log's index. SQLite gives new ones the permissions
/// of the file, and leaves those of existing ones.
pub fn database(path: &Path) -> Result<()> {
    file(path)?;
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        match close(Path::new(&beside), 0o600) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn is_open(path: &Path) -> Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

fn is_ours(directory: &Path) -> Result<bool> {
    Ok(OURS.iter().any(|name| directory.join(name).exists()) || fs::read_dir(directory)?.next().is_none())
}

fn close(path: &Path, mode: u32) -> Result<()> {
    if is_open(path)? {
        let failed = |error: Error| Error::new(error.kind(), format!("failed to close it to other users: {error}"));
        fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed)?;
        tracing::info!(path = %path.display(), "closed to other users, who had access to it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn open_to_all(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn an_open_data_directory_is_closed_with_its_files() {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("a/data");
        data_directory(&data).unwrap();
        assert_eq!((mode(&data), mode(&parent.path().join("a"))), (0o700, 0o700));
        let files = ["bus.sqlite", "bus.sqlite-wal", "bus.sqlite-shm"].map(|name| data.join(name));
        for path in &files {
            fs::write(path, "kept").unwrap();
            open_to_all(path, 0o664);
        }
        open_to_all(&data, 0o755);
        data_directory(&data).unwrap();
        database(&files[0]).unwrap();
        assert_eq!(mode(&data), 0o700);
        for path in files {
            assert_eq!((mode(&path), fs::read_to_string(&path).unwrap().as_str()), (0o600, "kept"), "{path:?}");
        }
    }

    #[test]
    fn an_empty_directory_is_closed_and_a_shared_one_refused() {
        let parent = tempfile::tempdir().unwrap();
        open_to_all(parent.path(), 0o1777);
        data_directory(parent.path()).unwrap();
        assert_eq!(mode(parent.path()), 0o700);
        fs::write(parent.path().join("of-somebody-else"), "").unwrap();
        data_directory(parent.path()).unwrap();
        open_to_all(parent.path(), 0o777);
        let refused = data_directory(parent.path()).unwrap_err().to_string();
        assert!(refused.contains("not RTFM's; name a directory"), "{refused}");
        assert_eq!(mode(parent.path()), 0o777, "it was left as it was");
        data_directory(&parent.path().join("rtfm")).unwrap();
    }
}
