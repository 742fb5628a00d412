//! What stands in files is found with their messages, whatever happens while they are read.

use super::{
    carrier, config, in_files, memory,
    server::{FileServer, Page},
};
use crate::common::{Moody, created, deleted, found, said};
use rtfm_memory::store::{EmbeddingSpace, Filter, SearchRequest, SqliteStore, VectorStore};
use rtfm_models::embed::Embedder;
use rtfm_processor::index::{Index, attachments::FileReader};
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

/// A file that is asked for and then waited for.
fn held(content: &str) -> (Page, Arc<Notify>, Arc<Notify>) {
    let (asked, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    (Page::Held(asked.clone(), release.clone(), content.as_bytes().to_vec()), asked, release)
}

#[tokio::test]
async fn what_stands_in_a_file_is_found_with_its_message() {
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
async fn what_is_stored_is_not_fetched_again() {
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

    // An edit that takes the file off takes what stood in it away.
    message.attachments = carrier(&server, 2, "b.log", "/b.log").attachments;
    message.edited_at = Some(message.timestamp + Duration::from_secs(9));
    memory.index.apply(&[MessageEvent::Updated(message)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    assert_eq!(in_files(&*memory.store, "okapi").await, [(1, "okapi".to_owned())]);
}

#[tokio::test]
async fn a_message_does_not_wait_for_its_file_nor_a_deletion_for_anothers() {
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
    assert!(!applying.is_finished(), "it is not handled until its file is");
    release.notify_one();
    timeout(PATIENCE, applying).await.unwrap().unwrap().unwrap();
    assert_eq!(in_files(&*memory.store, "zebra").await, [(2, "zebra".to_owned())]);
}

#[tokio::test]
async fn a_file_whose_message_is_deleted_meanwhile_is_not_revived() {
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
async fn a_file_is_not_forgotten_when_the_process_dies_before_it_is_read() {
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
async fn passages_get_vectors_and_wait_for_an_embedder_that_is_away() {
    let server = FileServer::start([("/a.log", text("zebra"))]).await;
    let directory = tempfile::tempdir().unwrap();
    let moody = Arc::new(Moody::default());
    let space = EmbeddingSpace { name: moody.name().to_owned(), dimension: 4 };
    let store = Arc::new(SqliteStore::open(directory.path(), Some(space)).await.unwrap());
    let plain = Index::new(store.clone(), Some(moody.clone()));
    let reader = FileReader::new(config(&server)).unwrap();
    let index = Index::new(store.clone(), Some(moody.clone())).with_files(Some(reader));
    let batch = [created(&carrier(&server, 1, "a.log", "/a.log"))];
    plain.apply(&batch).await.unwrap();
    moody.away.store(true, Ordering::SeqCst);
    assert!(index.apply(&batch).await.is_err());
    assert_eq!(in_files(&*store, "zebra").await, []);
    moody.away.store(false, Ordering::SeqCst);
    index.apply(&batch).await.unwrap();
    let filter = Filter::everything(None);
    let request = SearchRequest { filter: &filter, text: "", vector: Some(&[0.5; 4]), limit: 10 };
    let near = store.search(request).await.unwrap().dense;
    assert_eq!(near.iter().filter(|hit| hit.passage.is_some()).count(), 1);
}
