//! What only a file can promise: who may read it, that what is removed leaves it, and that a file of
//! another program or version is refused.

mod killed;
mod nearest;
mod words;

use crate::store_contract::{cast::*, space};
use rtfm_processor::store::{IndexedFile, IndexedPassage, Removal, SqliteStore, StoreError, VectorStore};
use rtfm_shared::event::Attachment;
use std::{fs, path::Path};

/// Whether any file of the directory holds these bytes.
fn holds(directory: &Path, needle: &[u8]) -> bool {
    fs::read_dir(directory).unwrap().any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("new/data");
    let memory = SqliteStore::open(&directory, space()).await.unwrap();
    store(&memory, [said(1, "private")]).await;
    let files: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2, "the log stands beside the file: {files:?}");
    for path in files.iter().chain([&directory]) {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is open to others: {mode:o}", path.display());
    }
}

#[tokio::test]
async fn what_is_removed_leaves_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let memory = SqliteStore::open(path, space()).await.unwrap();
    let secret: Vec<f32> = (1..=8_u8).map(|n| f32::from(n) / 14.282_856).collect();
    let bytes: Vec<u8> = secret.iter().flat_map(|number| number.to_ne_bytes()).collect();
    let other = |id| said(id, &format!("an ordinary sentence, number {id}"));
    store(&memory, (1..200).map(other)).await;
    store(
        &memory,
        [
            said(500, "the xylophonequux password").vector(secret).author("mallory-4711"),
            said(501, "the zanzibarquux password").author("mallory-4711"),
        ],
    )
    .await;
    store(&memory, (600..800).map(other)).await;
    let traces: [&[u8]; 4] = [b"xylophonequux", b"zanzibarquux", b"mallory-4711", &bytes];
    assert!(traces.iter().all(|trace| holds(path, trace)), "the search for traces works");

    store(&memory, [said(500, "").edited(900, "harmless").author("mallory-4711")]).await;
    memory.remove(&Removal::Messages(vec![501.into()])).await.unwrap();
    assert!(!holds(path, b"xylophonequux"), "an edit leaves no trace of what stood there");
    assert!(!holds(path, b"zanzibarquux"), "a removal leaves no trace");
    assert!(!holds(path, &bytes), "nor does its vector");
    let until = at(10_000);
    memory.remove(&Removal::Author { user_id: "mallory-4711".into(), guild_id: None, until }).await.unwrap();
    assert!(!holds(path, b"mallory-4711"), "nor does the author's id");
    assert_eq!(stored(&memory).await.len(), 399);
}

#[tokio::test]
async fn an_unchanged_text_keeps_its_vectors_of_other_embedders() {
    let directory = tempfile::tempdir().unwrap();
    let other = space().map(|space| rtfm_processor::store::EmbeddingSpace { name: "other".to_owned(), ..space });
    let first = SqliteStore::open(directory.path(), space()).await.unwrap();
    store(&first, [said(1, "herons"), said(2, "cranes")]).await;
    let second = SqliteStore::open(directory.path(), other).await.unwrap();
    store(&second, [said(1, "herons"), said(2, "").edited(50, "storks")]).await;
    let hits = by_vector(&first, &everything(), &vector(0, 0.0), 10).await;
    assert_eq!(hit_ids(&hits), [1], "a vector of a text that is gone must not be found");
    second.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert_eq!(by_vector(&first, &everything(), &vector(0, 0.0), 10).await, []);
}

async fn refusal(directory: &Path) -> String {
    match SqliteStore::open(directory, space()).await {
        Err(StoreError::Unusable(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_of_another_version_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let memory = SqliteStore::open(directory.path(), space()).await.unwrap();
    store(&memory, [said(1, "kept")]).await;
    drop(memory);
    let path = directory.path().join("memory.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let reason = refusal(directory.path()).await;
    for part in [path.to_str().unwrap(), "version 99", "version 3", "move"] {
        assert!(reason.contains(part), "{part:?} is missing in {reason:?}");
    }
}

#[tokio::test]
async fn what_stood_in_a_removed_file_leaves_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let memory = SqliteStore::open(directory.path(), space()).await.unwrap();
    let mut carrier = said(1, "see the file");
    let file = Attachment { id: "9".to_owned(), filename: "zanzibarquux.log".to_owned(), ..Attachment::default() };
    carrier.0.message.attachments = vec![file];
    store(&memory, [carrier.clone(), said(2, "an ordinary sentence")]).await;
    let text = "the xylophonequux password".to_owned();
    let passage = IndexedPassage { index_text: text.clone().into(), text, vector: Some(vector(3, 0.0)) };
    let file = IndexedFile {
        message: carrier.0.message,
        key: "9".to_owned(),
        name: "zanzibarquux.log".to_owned(),
        passages: vec![passage],
    };
    memory.attach(vec![file]).await.unwrap();
    let traces: [&[u8]; 2] = [b"xylophonequux", b"zanzibarquux"];
    assert!(traces.iter().all(|trace| holds(directory.path(), trace)), "the search for traces works");
    memory.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert!(!traces.iter().any(|trace| holds(directory.path(), trace)));
}

#[tokio::test]
async fn a_file_of_another_program_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("memory.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE shopping (item TEXT)").unwrap();
    drop(connection);
    assert!(refusal(directory.path()).await.contains("another program"));
    fs::write(&path, "no database at all, but some text that is long enough to be read as a header".repeat(20))
        .unwrap();
    assert!(refusal(directory.path()).await.contains("memory.sqlite"));
}

#[tokio::test]
async fn many_may_open_a_new_file_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let opened = futures::future::join_all((0..8).map(|_| SqliteStore::open(directory.path(), space()))).await;
    for (n, memory) in opened.into_iter().enumerate() {
        store(&memory.unwrap(), [said(n as u64, "hello")]).await;
    }
    let memory = SqliteStore::open(directory.path(), space()).await.unwrap();
    assert_eq!(memory.count(&everything()).await.unwrap(), 8);
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = SqliteStore::open(&file.join("data"), space()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(reason) if reason.contains("memory.sqlite")), "{error}");
}
