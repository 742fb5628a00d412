//! Reindexing after a change of the embedder, while processors of the old configuration run: nothing is lost or
//! restored. On both stores.

use crate::common::{created, deleted, found, said};
use async_trait::async_trait;
use rtfm_memory::store::{
    EmbeddingSpace, Filter, IndexedFile, IndexedMessage, IndexedPassage, MessageStore, QdrantConfig, QdrantStore,
    SearchRequest, SqliteStore,
};
use rtfm_models::embed::{EmbedError, Embedder, MaskedText};
use rtfm_processor::index::{IndexError, IndexPipeline};
use rtfm_shared::event::{Attachment, ChatMessage, MessageEvent};
use rtfm_testkit::qdrant::QdrantServer;
use std::sync::{Arc, Mutex};

/// A store that is opened for one embedder and then for another.
enum Place {
    Sqlite(tempfile::TempDir),
    Qdrant(QdrantServer),
}

impl Place {
    async fn each() -> [Self; 2] {
        [Self::Sqlite(tempfile::tempdir().unwrap()), Self::Qdrant(QdrantServer::start().await)]
    }

    async fn open(&self, embedder: &str) -> Arc<dyn MessageStore> {
        let space = Some(EmbeddingSpace { name: embedder.to_owned(), dimension: 2 });
        match self {
            Self::Sqlite(directory) => Arc::new(SqliteStore::open(directory.path(), space).await.unwrap()),
            Self::Qdrant(server) => {
                Arc::new(QdrantStore::connect(&QdrantConfig::of(&server.url()), space).await.unwrap())
            }
        }
    }
}

/// An action that runs while an embedder embeds its first texts.
type Meanwhile = Box<dyn Fn() -> futures::future::BoxFuture<'static, ()> + Send + Sync>;

/// An embedder that becomes unavailable after a number of texts, and records the texts it gets.
struct TestEmbedder {
    name: &'static str,
    left: Mutex<usize>,
    texts: Mutex<Vec<String>>,
    meanwhile: Mutex<Option<Meanwhile>>,
}

impl std::fmt::Debug for TestEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl TestEmbedder {
    fn new(name: &'static str, left: usize) -> Arc<Self> {
        Arc::new(Self { name, left: Mutex::new(left), texts: Mutex::default(), meanwhile: Mutex::default() })
    }
}

#[async_trait]
impl Embedder for TestEmbedder {
    fn name(&self) -> &str {
        self.name
    }

    fn dimension(&self) -> usize {
        2
    }

    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let happens = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = happens {
            happens().await;
        }
        let mut left = self.left.lock().unwrap();
        match left.checked_sub(texts.len()) {
            None => return Err(EmbedError::Unavailable("gone fishing".to_owned())),
            Some(now) => *left = now,
        }
        self.texts.lock().unwrap().extend(texts.iter().map(|text| text.to_string()));
        Ok(texts.iter().map(|_| vec![0.6, 0.8]).collect())
    }

    async fn embed_query(&self, _text: &MaskedText) -> Result<Vec<f32>, EmbedError> {
        Ok(vec![0.6, 0.8])
    }
}

/// Messages, ten per channel.
fn messages(count: u64) -> Vec<ChatMessage> {
    (1..=count).map(|id| said(id, &(100 + id / 10).to_string(), "ana", &format!("saying word{id}"))).collect()
}

async fn stored_with_old(place: &Place, messages: &[ChatMessage]) -> IndexPipeline {
    let index = IndexPipeline::new(place.open("old").await, Some(TestEmbedder::new("old", usize::MAX)));
    let events: Vec<MessageEvent> = messages.iter().map(created).collect();
    index.apply(&events).await.unwrap();
    index
}

/// The ids that vector search finds, in ascending order.
async fn by_meaning(store: &dyn MessageStore) -> Vec<u64> {
    let filter = Filter::everything(None);
    let request = SearchRequest { filter: &filter, text: "", vector: Some(&[0.6, 0.8]), limit: 10_000 };
    let dense = store.search(request).await.unwrap().dense;
    let mut ids: Vec<u64> = dense.iter().map(|hit| hit.message.message_id.snowflake().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn the_new_embedder_finds_everything_and_the_old_one_serves_meanwhile() {
    for place in Place::each().await {
        stored_with_old(&place, &messages(450)).await;
        let (old, new) = (place.open("old").await, place.open("new").await);
        assert_eq!(by_meaning(&*new).await, [] as [u64; 0]);
        let embedder = TestEmbedder::new("new", usize::MAX);
        let index = IndexPipeline::new(new.clone(), Some(embedder.clone()));
        let (mut reports, serving) = (Vec::new(), old.clone());
        *embedder.meanwhile.lock().unwrap() = Some(Box::new(move || {
            let serving = serving.clone();
            Box::pin(async move { assert_eq!(by_meaning(&*serving).await.len(), 450) })
        }));
        let done = index.reindex(|done| reports.push(done)).await.unwrap();
        assert_eq!((done.messages, done.looked_at), (450, 450));
        assert!(reports.windows(2).any(|two| two[0].messages < two[1].messages), "{reports:?}");
        let all: Vec<u64> = (1..=450).collect();
        assert_eq!((by_meaning(&*new).await, by_meaning(&*old).await), (all.clone(), all));
        assert_eq!(found(&*new, "word12").await, [12, 13, 14, 15, 16], "contexts are unchanged");
        // A second run does nothing, and the old space can be dropped.
        let texts = embedder.texts.lock().unwrap().len();
        assert_eq!(index.reindex(drop).await.unwrap().messages, 0);
        assert_eq!(embedder.texts.lock().unwrap().len(), texts);
        assert_eq!(new.drop_other_spaces().await.unwrap().len(), 1);
        assert_eq!((by_meaning(&*new).await.len(), new.drop_other_spaces().await.unwrap().len()), (450, 0));
    }
}

#[tokio::test]
async fn an_interrupted_run_continues_where_it_ended() {
    for place in Place::each().await {
        stored_with_old(&place, &messages(500)).await;
        let first = TestEmbedder::new("new", 250);
        let error = IndexPipeline::new(place.open("new").await, Some(first.clone())).reindex(drop).await.unwrap_err();
        assert!(matches!(error, IndexError::Embed(EmbedError::Unavailable(_))), "{error}");
        let second = TestEmbedder::new("new", usize::MAX);
        let new = place.open("new").await;
        IndexPipeline::new(new.clone(), Some(second.clone())).reindex(drop).await.unwrap();
        let (first, second) = (first.texts.lock().unwrap().len(), second.texts.lock().unwrap().len());
        assert!(first >= 200 && second < 400, "{first}, then {second}");
        assert_eq!(by_meaning(&*new).await.len(), 500);
    }
}

#[tokio::test]
async fn concurrent_changes_are_neither_lost_nor_reverted() {
    for place in Place::each().await {
        let old = stored_with_old(&place, &messages(40)).await;
        let new = place.open("new").await;
        let embedder = TestEmbedder::new("new", usize::MAX);
        let mut edited = said(15, "101", "ana", "giraffe");
        edited.edited_at = Some(jiff::Timestamp::now());
        let events = [
            MessageEvent::Updated(edited),
            deleted("102", &[24]),
            created(&said(41, "104", "ana", "saying word41")),
            created(&said(42, "104", "ana", "the newcomer")),
        ];
        *embedder.meanwhile.lock().unwrap() = Some(Box::new(move || {
            let (old, events) = (old.clone(), events.clone());
            Box::pin(async move { old.apply(&events).await.unwrap() })
        }));
        IndexPipeline::new(new.clone(), Some(embedder)).reindex(drop).await.unwrap();
        let expected: Vec<u64> = (1..=42).filter(|id| *id != 24).collect();
        assert_eq!(by_meaning(&*new).await, expected);
        assert_eq!(new.count(&Filter::everything(None)).await.unwrap(), 41);
        assert_eq!(found(&*new, "giraffe").await, [15, 16, 17, 18, 19]);
        assert_eq!(found(&*new, "word15").await, [] as [u64; 0], "the old version is in no context");
        assert_eq!(found(&*new, "word24").await, [] as [u64; 0], "the deleted message is in no context");
        assert_eq!(found(&*new, "newcomer").await, [42]);
    }
}

#[tokio::test]
async fn a_change_after_reindexing_makes_the_message_stale_again() {
    for place in Place::each().await {
        let old = stored_with_old(&place, &messages(30)).await;
        let new = place.open("new").await;
        let index = IndexPipeline::new(new.clone(), Some(TestEmbedder::new("new", usize::MAX)));
        index.reindex(drop).await.unwrap();
        let mut edited = said(15, "101", "ana", "giraffe");
        edited.edited_at = Some(jiff::Timestamp::now());
        old.apply(&[MessageEvent::Updated(edited), deleted("102", &[21])]).await.unwrap();
        index.reindex(drop).await.unwrap();
        assert_eq!(found(&*new, "giraffe").await, [15, 16, 17, 18, 19]);
        for gone in ["word15", "word21"] {
            assert_eq!(found(&*new, gone).await, [] as [u64; 0], "{gone}");
        }
        assert_eq!(by_meaning(&*new).await.len(), 29);
    }
}

/// Stores a message with a file of two passages with the old embedder, and an answer to it.
async fn file_stored_with_old(place: &Place) -> ChatMessage {
    let mut carrier = said(1, "10", "ana", "the log");
    carrier.attachments =
        vec![Attachment { id: "9".to_owned(), filename: "a.log".to_owned(), ..Attachment::default() }];
    stored_with_old(place, &[carrier.clone(), said(2, "10", "ben", "thanks")]).await;
    let passage =
        |text: &str| IndexedPassage { text: text.to_owned(), index_text: text.into(), vector: Some(vec![0.6, 0.8]) };
    let passages = vec![passage("the first zebra"), passage("the second giraffe")];
    let file = IndexedFile { message: carrier.clone(), key: "9".to_owned(), name: "a.log".to_owned(), passages };
    place.open("old").await.attach(vec![file]).await.unwrap();
    carrier
}

#[tokio::test]
async fn files_are_reindexed_without_a_download() {
    for place in Place::each().await {
        file_stored_with_old(&place).await;
        let new = place.open("new").await;
        let done =
            IndexPipeline::new(new.clone(), Some(TestEmbedder::new("new", usize::MAX))).reindex(drop).await.unwrap();
        assert_eq!((done.messages, done.files), (2, 1));
        let filter = Filter::everything(None);
        let request = SearchRequest { filter: &filter, text: "giraffe", vector: Some(&[0.6, 0.8]), limit: 10 };
        let legs = new.search(request).await.unwrap();
        let texts = |hits: &[rtfm_memory::store::Hit]| -> Vec<String> {
            let mut texts: Vec<String> =
                hits.iter().filter_map(|hit| Some(hit.passage.as_ref()?.text.clone())).collect();
            texts.sort();
            texts
        };
        assert_eq!(texts(&legs.lexical), ["the second giraffe"]);
        assert_eq!(texts(&legs.dense), ["the first zebra", "the second giraffe"]);
    }
}

/// On Qdrant, a message that is stored again with one embedder is of no index version for the others.
#[tokio::test]
async fn an_interrupted_run_over_an_older_index_version_leaves_no_file_out() {
    for left in 0..6 {
        let place = Place::Qdrant(QdrantServer::start().await);
        let carrier = file_stored_with_old(&place).await;
        let new = place.open("new").await;
        IndexPipeline::new(new.clone(), Some(TestEmbedder::new("new", usize::MAX))).reindex(drop).await.unwrap();
        let again = IndexedMessage { message: carrier, index_text: "the log".into(), vector: Some(vec![0.6, 0.8]) };
        place.open("old").await.upsert(vec![again]).await.unwrap();

        let (first, second) = (TestEmbedder::new("new", left), TestEmbedder::new("new", usize::MAX));
        let _ = IndexPipeline::new(new.clone(), Some(first.clone())).reindex(drop).await;
        IndexPipeline::new(new.clone(), Some(second.clone())).reindex(drop).await.unwrap();
        let texts = [&first, &second].map(|embedder| embedder.texts.lock().unwrap().clone()).concat().join("\n");
        for text in ["the log", "the first zebra", "the second giraffe"] {
            assert!(texts.contains(text), "{left} texts, then an end: {text:?} is not among {texts:?}");
        }
        assert_eq!(new.stale(None, 10).await.unwrap().messages, []);
    }
}
