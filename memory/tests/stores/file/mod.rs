//! Properties of the SQLite file: its permissions, the erasure of removed content, and the refusal of files of another
//! program or version.

mod killed;
mod nearest;
mod words;

use crate::contract::{fixtures::*, space};
use rtfm_memory::store::{IndexedFile, IndexedPassage, MessageStore, Removal, SqliteStore, StoreError};
use rtfm_shared::event::Attachment;
use std::{fs, path::Path};

/// Whether any file in the directory contains these bytes.
fn holds(directory: &Path, needle: &[u8]) -> bool {
    fs::read_dir(directory).unwrap().any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("new/data");
    let store = SqliteStore::open(&directory, space()).await.unwrap();
    upsert(&store, [indexed(1, "private")]).await;
    let files: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "the file, its write-ahead log and the log's index: {files:?}");
    let all_closed = || {
        for path in files.iter().chain([&directory]) {
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} is open to others: {mode:o}", path.display());
        }
    };
    all_closed();
    // As another umask, or a copy that forgot the permissions, left them.
    for path in files.iter().chain([&directory]) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let _second = SqliteStore::open(&directory, space()).await.unwrap();
    all_closed();
}

#[tokio::test]
async fn removed_content_leaves_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let store = SqliteStore::open(path, space()).await.unwrap();
    let secret: Vec<f32> = (1..=8_u8).map(|n| f32::from(n) / 14.282_856).collect();
    let bytes: Vec<u8> = secret.iter().flat_map(|number| number.to_ne_bytes()).collect();
    let other = |id| indexed(id, &format!("an ordinary sentence, number {id}"));
    upsert(&store, (1..200).map(other)).await;
    upsert(
        &store,
        [
            indexed(500, "the xylophonequux password").vector(secret).author("mallory-4711"),
            indexed(501, "the zanzibarquux password").author("mallory-4711"),
        ],
    )
    .await;
    upsert(&store, (600..800).map(other)).await;
    let traces: [&[u8]; 4] = [b"xylophonequux", b"zanzibarquux", b"mallory-4711", &bytes];
    assert!(traces.iter().all(|trace| holds(path, trace)), "the scan misses stored content");

    upsert(&store, [indexed(500, "").edited(900, "harmless").author("mallory-4711")]).await;
    store.remove(&Removal::Messages(vec![501.into()])).await.unwrap();
    assert!(!holds(path, b"xylophonequux"), "the file has the text from before the edit");
    assert!(!holds(path, b"zanzibarquux"), "the file has the removed text");
    assert!(!holds(path, &bytes), "the file has the removed vector");
    let until = at(10_000);
    store.remove(&Removal::Author { user_id: "mallory-4711".into(), guild_id: None, until }).await.unwrap();
    assert!(!holds(path, b"mallory-4711"), "the file has the removed author's id");
    assert_eq!(stored(&store).await.len(), 399);
}

#[tokio::test]
async fn replaced_content_leaves_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let store = SqliteStore::open(path, space()).await.unwrap();
    let with_context = |version, context: &str| {
        let mut message = indexed(2, "").edited(version, "an answer");
        message.0.index_text = format!("{context} an answer").as_str().into();
        message
    };
    upsert(&store, [indexed(1, "the xylophonequux password"), with_context(1, "zanzibarquux")]).await;
    assert!(holds(path, b"xylophonequux"), "the scan misses stored content");
    upsert(&store, [indexed(1, "").edited(900, "harmless")]).await;
    assert!(!holds(path, b"xylophonequux"), "a file has the text from before the edit");
    upsert(&store, [with_context(1, "other")]).await;
    assert!(!holds(path, b"zanzibarquux"), "a file has the neighbour's words from before the edit");
    upsert(&store, [with_context(2, "quuxzanzibar")]).await;
    store.reindex(vec![with_context(2, "other").0]).await.unwrap();
    assert!(!holds(path, b"quuxzanzibar"), "a file has the context from before the reindexing");
}

#[tokio::test]
async fn content_that_a_reader_held_leaves_the_file_later() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path(), space()).await.unwrap();
    upsert(&store, [indexed(1, "the xylophonequux password"), indexed(2, "an ordinary sentence")]).await;
    let reader = rusqlite::Connection::open(directory.path().join("memory.sqlite")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM message").unwrap();
    store.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert!(holds(directory.path(), b"xylophonequux"), "the reader sees the state from before the removal");
    reader.execute_batch("COMMIT").unwrap();
    let gone = async {
        while holds(directory.path(), b"xylophonequux") {
            store.health().await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.expect("a later read empties the log");
}

#[tokio::test]
async fn an_unchanged_text_keeps_other_embedders_vectors() {
    let directory = tempfile::tempdir().unwrap();
    let other = space().map(|space| rtfm_memory::store::EmbeddingSpace { name: "other".to_owned(), ..space });
    let first = SqliteStore::open(directory.path(), space()).await.unwrap();
    upsert(&first, [indexed(1, "herons"), indexed(2, "cranes"), indexed(3, "stork")]).await;
    let second = SqliteStore::open(directory.path(), other).await.unwrap();
    let edits = [indexed(2, "").edited(50, "storks"), indexed(3, "").edited(50, "storks")];
    upsert(&second, [indexed(1, "herons")].into_iter().chain(edits)).await;
    let hits = by_vector(&first, &everything(), &vector(0, 0.0), 10).await;
    assert_eq!(hit_ids(&hits), [1], "a vector of an edited text is found, though only a word's form has changed");
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
async fn a_file_of_another_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path(), space()).await.unwrap();
    upsert(&store, [indexed(1, "kept")]).await;
    drop(store);
    let path = directory.path().join("memory.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let reason = refusal(directory.path()).await;
    for part in [path.to_str().unwrap(), "version 99", "version 4", "move"] {
        assert!(reason.contains(part), "{part:?} is missing in {reason:?}");
    }
}

#[tokio::test]
async fn passages_of_a_removed_message_leave_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path(), space()).await.unwrap();
    let mut owner = indexed(1, "see the file");
    let file = Attachment { id: "9".to_owned(), filename: "zanzibarquux.log".to_owned(), ..Attachment::default() };
    owner.0.message.attachments = vec![file];
    upsert(&store, [owner.clone(), indexed(2, "an ordinary sentence")]).await;
    let text = "the xylophonequux password".to_owned();
    let passage = IndexedPassage { index_text: text.clone().into(), text, vector: Some(vector(3, 0.0)) };
    let file = IndexedFile {
        message: owner.0.message,
        key: "9".to_owned(),
        name: "zanzibarquux.log".to_owned(),
        passages: vec![passage],
    };
    store.attach(vec![file]).await.unwrap();
    let traces: [&[u8]; 2] = [b"xylophonequux", b"zanzibarquux"];
    assert!(traces.iter().all(|trace| holds(directory.path(), trace)), "the scan misses stored content");
    store.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
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
    fs::write(&path, "not a database, but some text that is long enough to be read as a header".repeat(20)).unwrap();
    assert!(refusal(directory.path()).await.contains("memory.sqlite"));
}

#[tokio::test]
async fn a_new_file_opens_concurrently() {
    let directory = tempfile::tempdir().unwrap();
    let opened = futures::future::join_all((0..8).map(|_| SqliteStore::open(directory.path(), space()))).await;
    for (n, store) in opened.into_iter().enumerate() {
        upsert(&store.unwrap(), [indexed(n as u64, "hello")]).await;
    }
    let store = SqliteStore::open(directory.path(), space()).await.unwrap();
    assert_eq!(store.count(&everything()).await.unwrap(), 8);
}

#[tokio::test]
async fn an_unusable_directory_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = SqliteStore::open(&file.join("data"), space()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(reason) if reason.contains("memory.sqlite")), "{error}");
}
