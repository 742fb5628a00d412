//! Tests the local embedder with the real model. `scripts/local-model.sh fetch` downloads it; without it, each test
//! prints that it was skipped.

use rtfm_memory::store::{EmbeddingSpace, Filter, MessageStore, SearchRequest, SqliteStore};
use rtfm_models::embed::{Embedder, LocalConfig, LocalEmbedder, ModelSource};
use rtfm_processor::index::IndexPipeline;
use rtfm_shared::event::{ChatMessage, MessageEvent};
use std::{path::PathBuf, sync::Arc, time::Duration};

const THREADS: usize = 2;

fn model_folder() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")), PathBuf::from);
    let folder =
        std::env::var_os("LOCAL_MODEL_DIR").map_or_else(|| target.join("models/all-minilm-l6-v2"), PathBuf::from);
    let found = folder.join("model.safetensors").exists();
    if !found {
        println!("SKIPPED: there is no model in {}; run scripts/local-model.sh fetch", folder.display());
    }
    found.then_some(folder)
}

async fn open_embedder() -> Option<LocalEmbedder> {
    let config = LocalConfig { model: ModelSource::Folder(model_folder()?), threads: THREADS };
    Some(LocalEmbedder::open(&config).await.unwrap())
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[tokio::test]
async fn vectors_equal_those_of_sentence_transformers() {
    let Some(embedder) = open_embedder().await else { return };
    assert_eq!((embedder.name(), embedder.dimension()), ("all-minilm-l6-v2", 384));
    let sentences = texts(["This is an example sentence", "Each sentence is converted.", "", "Café déjà vu — 東京"]);
    // The first numbers of each vector that sentence-transformers computes in Python.
    let known = [
        [0.067_656_93, 0.063_495_93, 0.048_713_14, 0.079_304_95, 0.037_448_06, 0.002_652_73],
        [0.078_536_45, 0.088_562_65, -0.002_092_70, -0.007_172_47, -0.012_526_24, 0.018_817_47],
        [-0.118_838_35, 0.048_298_56, -0.002_548_05, -0.011_011_18, 0.051_950_7, 0.010_291_79],
        [0.050_832_71, 0.009_676_85, 0.096_355_72, -0.009_973_69, -0.019_876_03, 0.016_923_43],
    ];
    let vectors = embedder.documents(&sentences).await.unwrap();
    assert_eq!(vectors.len(), known.len());
    for ((sentence, vector), known) in sentences.iter().zip(&vectors).zip(known) {
        assert_eq!(vector.len(), 384);
        assert!(distance(&vector[..6], &known) < 5e-6, "{sentence:?}: {:?}", &vector[..6]);
        let length: f32 = vector.iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-5, "{sentence:?} has length {length}");
    }
    assert!(embedder.documents(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_vector_depends_neither_on_its_batch_nor_on_the_caller() {
    let Some(embedder) = open_embedder().await else { return };
    let words = ["the", "gateway", "answers", "502", "since", "this", "morning", "ask", "ana", "about", "staging"];
    let text = |n: usize| words.iter().cycle().skip(n).take(1 + n * 7 % 60).copied().collect::<Vec<_>>().join(" ");
    let many: Vec<String> = (0..120).map(text).collect();
    let together = embedder.documents(&many).await.unwrap();
    for position in [0, 1, 17, 58, 119] {
        let alone = embedder.query(&many[position]).await.unwrap();
        assert!(distance(&together[position], &alone) < 1e-5, "text {position}");
    }
}

#[tokio::test]
async fn a_long_text_is_embedded_by_its_first_256_tokens() {
    let Some(embedder) = open_embedder().await else { return };
    // Each word is one token; the tokenizer adds one before and one after the text.
    let beginning = "port ".repeat(254);
    let longer = format!("{beginning}{}", "lunch ".repeat(40_000));
    let just_shorter = "port ".repeat(253);
    let vectors = embedder.documents(&[beginning, longer, just_shorter]).await.unwrap();
    assert!(distance(&vectors[0], &vectors[1]) < 1e-5);
    assert!(distance(&vectors[0], &vectors[2]) > 1e-5, "the last token counts");
}

#[tokio::test]
async fn the_model_runs_on_its_own_bounded_threads() {
    let Some(embedder) = open_embedder().await else { return };
    let many: Vec<String> = (0..200).map(|n| format!("message {n} about the deployment of the gateway")).collect();
    // This runtime has one thread: a blocking embedder would stop the ticks.
    let mut ticks = 0;
    let mut ticking = tokio::time::interval(Duration::from_millis(5));
    let documents = embedder.documents(&many);
    tokio::pin!(documents);
    let vectors = loop {
        tokio::select! {
            vectors = &mut documents => break vectors.unwrap(),
            _ = ticking.tick() => ticks += 1,
        }
    };
    assert!(vectors.len() == 200 && ticks > 3, "{ticks} ticks");
    let named = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
    let tasks: Vec<String> = std::fs::read_dir("/proc/self/task").unwrap().flatten().map(named).collect();
    let pools = tasks.iter().filter(|name| name.starts_with("rtfm-embed-ques")).count();
    let threads = tasks.iter().filter(|name| name.starts_with("rtfm-embed")).count();
    assert!(pools >= 1 && threads == pools * (THREADS + 1), "{tasks:?}");
}

#[tokio::test]
async fn search_finds_a_message_by_its_meaning() {
    let Some(embedder) = open_embedder().await else { return };
    let embedder: Arc<dyn Embedder> = Arc::new(embedder);
    let directory = tempfile::tempdir().unwrap();
    let space = EmbeddingSpace { name: embedder.name().to_owned(), dimension: embedder.dimension() };
    let store: Arc<dyn MessageStore> = Arc::new(SqliteStore::open(directory.path(), Some(space)).await.unwrap());
    let index = IndexPipeline::new(store.clone(), Some(embedder.clone()));
    let messages = [
        "We moved the database to the new cluster last night.",
        "Lunch is at noon in the big kitchen.",
        "The cat video thread is getting out of hand.",
        "Please rotate your credentials every ninety days.",
    ];
    let events = (1_u64..).zip(messages).map(|(id, content)| {
        MessageEvent::Created(ChatMessage {
            message_id: id.into(),
            // A channel for each message, so that no message is context of another.
            channel_id: (100 + id).into(),
            content: content.to_owned(),
            username: "ana".to_owned(),
            ..ChatMessage::default()
        })
    });
    index.apply(&events.collect::<Vec<_>>()).await.unwrap();
    let filter = Filter::everything(None);
    for (question, expected) in
        [("how often must passwords be changed?", 4), ("when do we eat?", 2), ("where does postgres run now?", 1)]
    {
        let vector = embedder.query(question).await.unwrap();
        let request = SearchRequest { filter: &filter, text: "", vector: Some(&vector), limit: 1 };
        let found = store.search(request).await.unwrap().dense;
        assert_eq!(found[0].message.message_id.snowflake(), Some(expected), "{question}: {found:?}");
    }
}
