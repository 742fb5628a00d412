//! Two processes write one file and one of them is killed: all that was acknowledged is there.

use crate::contract::{cast::*, space};
use rtfm_memory::store::{SqliteStore, VectorStore};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

/// Names the directory to a child; without it the child's test has nothing to do.
const DIRECTORY: &str = "RTFM_TEST_STORE_DIRECTORY";

/// Messages that a child stores at once.
const BATCH: u64 = 20;

/// Not a test by itself: what the other process does until it is killed.
#[tokio::test]
async fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else { return };
    let memory = SqliteStore::open(&directory, space()).await.unwrap();
    for batch in 0.. {
        let first = 1_000_000 + batch * BATCH;
        store(&memory, (first..first + BATCH).map(|id| said(id, "from the child"))).await;
        println!("stored {}", first + BATCH - 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let memory = SqliteStore::open(directory.path(), space()).await.unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["file::killed::child", "--exact", "--nocapture"])
        .env(DIRECTORY, directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let killed = tokio::task::spawn_blocking(move || {
        let mut acknowledged = 0;
        // The harness may begin a line itself, so the word can stand anywhere in it.
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
        store(&memory, [said(ours, "from the parent")]).await;
        ours += 1;
    }
    let acknowledged = killed.await.unwrap();
    assert!(acknowledged > 1_000_000, "the child wrote beside us");
    drop(memory);

    let memory = SqliteStore::open(directory.path(), space()).await.unwrap();
    let ids: Vec<_> = (0..ours).chain(1_000_000..=acknowledged).map(Into::into).collect();
    assert_eq!(memory.get(&ids).await.unwrap().len(), ids.len());
    let all = everything();
    let found = memory.count(&all).await.unwrap();
    assert_eq!((found - ours) % BATCH, 0, "a batch is there as a whole or not at all");
    let hits = by_vector(&memory, &all, &vector(0, 0.0), usize::try_from(found).unwrap()).await;
    assert_eq!(hits.len() as u64, found, "messages and vectors belong together");
    let connection = rusqlite::Connection::open(directory.path().join("memory.sqlite")).unwrap();
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}
