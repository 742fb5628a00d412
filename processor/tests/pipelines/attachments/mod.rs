//! Files on messages through the index pipeline, from a misbehaving server.

mod hostile;
mod limits;
mod reading;
mod server;

use rtfm_memory::store::{Filter, MessageStore, SearchRequest, SqliteStore};
use rtfm_processor::index::{
    IndexPipeline,
    attachments::{AttachmentConfig, FileReader},
};
use rtfm_shared::event::{Attachment, ChatMessage};
use server::FileServer;
use std::{sync::Arc, time::Duration};

/// The program that reads documents.
const READER: &str = env!("CARGO_BIN_EXE_rtfm-processor");

/// A store whose pipeline reads files from one server.
struct Memory {
    store: Arc<dyn MessageStore>,
    index: Arc<IndexPipeline>,
    _directory: tempfile::TempDir,
}

fn config(server: &FileServer) -> AttachmentConfig {
    AttachmentConfig { origins: vec![server.origin()], ..AttachmentConfig::default() }
}

async fn memory(config: AttachmentConfig) -> Memory {
    memory_of(FileReader::new(config).unwrap().with_command([READER])).await
}

async fn memory_of(reader: FileReader) -> Memory {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn MessageStore> = Arc::new(SqliteStore::open(directory.path(), None).await.unwrap());
    let index = Arc::new(IndexPipeline::new(store.clone(), None).with_files(Some(reader)));
    Memory { store, index, _directory: directory }
}

/// A configuration with a limit of 100,000 bytes.
fn small(server: &FileServer) -> AttachmentConfig {
    AttachmentConfig { max_bytes: 100_000, time_limit: Duration::from_secs(60), ..config(server) }
}

/// A configuration with time limits that a test can wait for.
fn short(server: &FileServer) -> AttachmentConfig {
    AttachmentConfig { time_limit: Duration::from_secs(1), ..config(server) }
}

/// A message with one file at this path of the server.
fn carrier(server: &FileServer, id: u64, filename: &str, path: &str) -> ChatMessage {
    let mut message = crate::common::said(id, "10", "ana", "see the file");
    message.attachments = vec![Attachment {
        id: format!("{id}0"),
        filename: filename.to_owned(),
        content_type: None,
        size: 100,
        url: format!("{}{path}", server.origin()),
    }];
    message
}

/// The messages whose files contain this word, with the matching passage.
async fn in_files(store: &dyn MessageStore, word: &str) -> Vec<(u64, String)> {
    let filter = Filter::everything(None);
    let request = SearchRequest { filter: &filter, text: word, vector: None, limit: 100 };
    let hits = store.search(request).await.unwrap().lexical;
    hits.into_iter().filter_map(|hit| Some((hit.message.message_id.snowflake().unwrap(), hit.passage?.text))).collect()
}
