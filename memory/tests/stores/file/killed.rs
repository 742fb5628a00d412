//! Two processes write to one file. After one of them is killed, every acknowledged write is there.

use crate::contract::{fixtures::*, space};
use rtfm_memory::store::{MessageStore, SqliteStore};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

/// Passes the directory to the child process. Without it, the `child` test does nothing.
const DIRECTORY: &str = "RTFM_TEST_STORE_DIRECTORY";

/// How many messages the child stores per call.
const BATCH: u64 = 20;

/// The body of the child process, which writes until it is killed. Not a test by itself.
#[tokio::test]
async fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else { return };
    let store = SqliteStore::open(&directory, space()).await.unwrap();
    for batch in 0.. {
        let first = 1_000_000 + batch * BATCH;
        upsert(&store, (first..first + BATCH).map(|id| indexed(id, "from the child"))).await;
        println!("stored {}", first + BATCH - 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path(), space()).await.unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["file::killed::child", "--exact", "--nocapture"])
        .env(DIRECTORY, directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let killed = tokio::task::spawn_blocking(move || {
        let mut acknowledged = 0;
        // The test harness can print a prefix on the same line.
        for line in lines {
            let line = line.unwrap();
            if let Some((_, id)) = line.split_once("stored ") {
                acknowledged = id.trim().parse::<u64>().unwrap();
                if acknowledged >= 1_000_000 + 15 * BATCH {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        acknowledged
    });
    let mut ours = 0;
    while !killed.is_finished() {
        upsert(&store, [indexed(ours, "from the parent")]).await;
        ours += 1;
    }
    let acknowledged = killed.await.unwrap();
    assert!(acknowledged > 1_000_000, "the child wrote nothing");
    drop(store);

    let store = SqliteStore::open(directory.path(), space()).await.unwrap();
    let ids: Vec<_> = (0..ours).chain(1_000_000..=acknowledged).map(Into::into).collect();
    assert_eq!(store.get(&ids).await.unwrap().len(), ids.len());
    let all = everything();
    let found = store.count(&all).await.unwrap();
    assert_eq!((found - ours) % BATCH, 0, "a batch is stored partially");
    let hits = by_vector(&store, &all, &vector(0, 0.0), usize::try_from(found).unwrap()).await;
    assert_eq!(hits.len() as u64, found, "messages and vectors differ");
    let connection = rusqlite::Connection::open(directory.path().join("memory.sqlite")).unwrap();
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}
