//! File contents are found with their messages, whatever happens while they are read.

use super::{
    carrier, config, in_files, memory,
    server::{FileServer, Page},
};
use crate::common::{SwitchableEmbedder, created, deleted, found, said};
use rtfm_memory::store::{EmbeddingSpace, Filter, MessageStore, SearchRequest, SqliteStore};
use rtfm_models::embed::Embedder;
use rtfm_processor::index::{IndexPipeline, attachments::FileReader};
use rtfm_shared::event::MessageEvent;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{sync::Notify, time::timeout};

const PATIENCE: Duration = Duration::from_secs(20);

fn text(text: &str) -> Page {
    Page::File(text.as_bytes().to_vec())
}

/// A file whose response waits for the test.
fn held(content: &str) -> (Page, Arc<Notify>, Arc<Notify>) {
    let (asked, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    (Page::Held(asked.clone(), release.clone(), content.as_bytes().to_vec()), asked, release)
}

#[tokio::test]
async fn file_contents_are_found_with_their_message() {
    let server = FileServer::start([
        ("/build.log", text("starting\nerror: the zebra is missing\nstopped\n")),
        ("/hosts.csv", text("name,port\nzonkey,8080\n")),
        ("/config.json", text(r#"{"okapi": {"port": 6379}}"#)),
    ])
    .await;
    let memory = memory(config(&server)).await;
    let mut many = carrier(&server, 2, "hosts.csv", "/hosts.csv");
    many.attachments.extend(carrier(&server, 3, "config.json", "/config.json").attachments);
    let batch = [created(&carrier(&server, 1, "build.log", "/build.log")), created(&many)];
    memory.index.apply(&batch).await.unwrap();
    let log = "starting\nerror: the zebra is missing\nstopped".to_owned();
    assert_eq!(in_files(&*memory.store, "zebra").await, [(1, log)]);
    assert_eq!(in_files(&*memory.store, "zonkey").await, [(2, "name,port\nzonkey,8080".to_owned())]);
    assert_eq!(in_files(&*memory.store, "okapi").await[0].0, 2);
    memory.index.apply(&[deleted("10", &[1])]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
}

#[tokio::test]
async fn a_stored_file_is_not_fetched_again() {
    let server = FileServer::start([("/a.log", text("zebra")), ("/b.log", text("okapi"))]).await;
    let memory = memory(config(&server)).await;
    let mut message = carrier(&server, 1, "a.log", "/a.log");
    memory.index.apply(&[created(&message)]).await.unwrap();
    memory.index.apply(&[created(&message)]).await.unwrap();
    message.content = "edited".to_owned();
    message.edited_at = Some(message.timestamp + Duration::from_secs(5));
    memory.index.apply(&[MessageEvent::Updated(message.clone())]).await.unwrap();
    assert_eq!(server.asked("/a.log"), 1);
    assert_eq!(in_files(&*memory.store, "zebra").await, [(1, "zebra".to_owned())]);

    // An edit that removes the file removes its passages.
    message.attachments = carrier(&server, 2, "b.log", "/b.log").attachments;
    message.edited_at = Some(message.timestamp + Duration::from_secs(9));
    memory.index.apply(&[MessageEvent::Updated(message)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    assert_eq!(in_files(&*memory.store, "okapi").await, [(1, "okapi".to_owned())]);
}

#[tokio::test]
async fn neither_messages_nor_deletions_wait_for_files() {
    let (page, asked, release) = held("zebra");
    let server = FileServer::start([("/a.log", page)]).await;
    let memory = memory(config(&server)).await;
    memory.index.apply(&[created(&said(1, "20", "ana", "secret"))]).await.unwrap();
    let batch = [created(&carrier(&server, 2, "a.log", "/a.log")), deleted("20", &[1])];
    let index = memory.index.clone();
    let applying = tokio::spawn(async move { index.apply(&batch).await });
    timeout(PATIENCE, asked.notified()).await.unwrap();
    assert_eq!(found(&*memory.store, "see the file").await, [2]);
    assert_eq!(found(&*memory.store, "secret").await, [] as [u64; 0]);
    assert!(!applying.is_finished(), "the batch is handled when its file is");
    release.notify_one();
    timeout(PATIENCE, applying).await.unwrap().unwrap().unwrap();
    assert_eq!(in_files(&*memory.store, "zebra").await, [(2, "zebra".to_owned())]);
}

#[tokio::test]
async fn a_file_of_a_message_deleted_meanwhile_is_not_stored() {
    let (page, asked, release) = held("zebra");
    let server = FileServer::start([("/a.log", page)]).await;
    let memory = memory(config(&server)).await;
    let batch = [created(&carrier(&server, 2, "a.log", "/a.log"))];
    let index = memory.index.clone();
    let applying = tokio::spawn(async move { index.apply(&batch).await });
    timeout(PATIENCE, asked.notified()).await.unwrap();
    memory.index.apply(&[deleted("10", &[2])]).await.unwrap();
    release.notify_one();
    timeout(PATIENCE, applying).await.unwrap().unwrap().unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    assert!(memory.store.attached(&[carrier(&server, 2, "a.log", "/a.log")]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_is_read_after_a_crash_before_reading() {
    let (page, asked, _release) = held("never sent");
    let server = FileServer::start([("/a.log", Page::After(1, Box::new(page), Box::new(text("zebra"))))]).await;
    let memory = memory(config(&server)).await;
    let batch = [created(&carrier(&server, 1, "a.log", "/a.log"))];
    let (index, same) = (memory.index.clone(), batch.clone());
    let dying = tokio::spawn(async move { index.apply(&same).await });
    timeout(PATIENCE, asked.notified()).await.unwrap();
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    assert_eq!(found(&*memory.store, "see the file").await, [1], "the message was stored");
    memory.index.apply(&batch).await.unwrap();
    assert_eq!(in_files(&*memory.store, "zebra").await, [(1, "zebra".to_owned())]);
}

#[tokio::test]
async fn passages_wait_for_an_unavailable_embedder_and_get_vectors() {
    let server = FileServer::start([("/a.log", text("zebra"))]).await;
    let directory = tempfile::tempdir().unwrap();
    let embedder = Arc::new(SwitchableEmbedder::default());
    let space = EmbeddingSpace { name: embedder.name().to_owned(), dimension: 4 };
    let store = Arc::new(SqliteStore::open(directory.path(), Some(space)).await.unwrap());
    let plain = IndexPipeline::new(store.clone(), Some(embedder.clone()));
    let reader = FileReader::new(config(&server)).unwrap();
    let index = IndexPipeline::new(store.clone(), Some(embedder.clone())).with_files(Some(reader));
    let batch = [created(&carrier(&server, 1, "a.log", "/a.log"))];
    plain.apply(&batch).await.unwrap();
    embedder.away.store(true, Ordering::SeqCst);
    assert!(index.apply(&batch).await.is_err());
    assert_eq!(in_files(&*store, "zebra").await, []);
    embedder.away.store(false, Ordering::SeqCst);
    index.apply(&batch).await.unwrap();
    let filter = Filter::everything(None);
    let request = SearchRequest { filter: &filter, text: "", vector: Some(&[0.5; 4]), limit: 10 };
    let near = store.search(request).await.unwrap().dense;
    assert_eq!(near.iter().filter(|hit| hit.passage.is_some()).count(), 1);
}
