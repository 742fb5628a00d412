//! The files in the data directory.

use super::{bus_with, out};
use crate::bus::{Bus, BusError, LocalBus, local::files::BusFiles};
use rusqlite::Connection;

fn refused(directory: &std::path::Path) -> String {
    match LocalBus::open(directory) {
        Err(BusError::Fatal(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_of_another_version_is_refused_with_a_remedy() {
    let directory = tempfile::tempdir().unwrap();
    drop(LocalBus::open(directory.path()).unwrap());
    let file = directory.path().join("bus.sqlite");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let reason = refused(directory.path());
    for part in
        [file.to_str().unwrap(), "version 7", "version 1", "use the program that wrote it", "move the file away"]
    {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn a_foreign_file_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bus.sqlite");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE diary (day TEXT)").unwrap();
    assert!(refused(directory.path()).contains("some other program's"));
    std::fs::write(&file, "Dear diary, this is no SQLite file, however long it may become in the end.".repeat(20))
        .unwrap();
    assert!(refused(directory.path()).contains("no SQLite file"));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("Dear diary"));
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("data"), "a file").unwrap();
    let inside = directory.path().join("data").join("deeper");
    assert!(refused(&inside).contains(inside.to_str().unwrap()));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("new").join("data");
    let bus = LocalBus::open(&directory).unwrap();
    bus.create_topics(&[super::spec("t", 1)]).await.unwrap();
    bus.publish(out("t", 0, "private")).await.unwrap();
    let mut all = vec![directory.clone()];
    for at in 0.. {
        let Some(path) = all.get(at) else { break };
        let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        all.extend(std::fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    assert!(all.len() >= 6, "the directory, the file, its log, its index, the lock, the members");
    // As another umask, or a copy that forgot the permissions, left them. The member is this process's, which is open.
    all.retain(|path| path.parent().is_none_or(|parent| !parent.ends_with("bus.members")));
    for path in &all {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let _second = LocalBus::open(&directory).unwrap();
    for path in all {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

#[test]
fn a_lock_tells_the_living_from_the_dead() {
    let directory = tempfile::tempdir().unwrap();
    let files = BusFiles::prepare(directory.path()).unwrap();
    let lock = files.register().unwrap();
    let name = lock.name.clone();
    files.remove_dead();
    assert!(files.is_alive(&name));
    // What is left of a process that was killed: its file, and nobody who holds it.
    let dead = directory.path().join("bus.members").join("dead");
    std::fs::write(&dead, "").unwrap();
    assert!(!files.is_alive("dead"));
    assert!(!files.is_alive("never-was"));
    files.remove_dead();
    assert!(!dead.exists());
    drop(lock);
    assert!(!files.is_alive(&name));
}

#[tokio::test]
async fn records_survive_reopening_the_directory() {
    let (directory, bus) = bus_with("t", 1).await;
    bus.publish(out("t", 0, "kept")).await.unwrap();
    drop(bus);
    let bus = LocalBus::open(directory.path()).unwrap();
    let state = bus.describe_topics(&["t"]).await.unwrap().remove(0).unwrap();
    assert_eq!(state.watermarks, [(0, 1)]);
    assert_eq!(bus.publish(out("t", 0, "more")).await.unwrap().offset, 1);
}
