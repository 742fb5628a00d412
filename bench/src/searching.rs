//! Search latency of the SQLite store as it grows, for the vectors of each embedder: each leg, and both together, without
//! what the embedder itself takes for the question (see `embedding`).

use crate::{
    corpus::{self, Numbers},
    numbers::{headline, line, ms, percentile, rate, resident},
};
use rtfm_processor::store::{EmbeddingSpace, Filter, IndexedMessage, SearchRequest, SqliteStore, VectorStore};
use rtfm_shared::event::ChannelId;
use std::time::Duration;
use tokio::time::Instant;

/// Embedders by the length of their vectors: all-MiniLM-L6-v2, and Gemini's as it is asked by default.
const EMBEDDERS: [(&str, usize); 2] = [("local", 384), ("gemini", 768)];
/// Messages stored together.
const TOGETHER: usize = 500;
/// Channels of twenty that a question may see.
const CHANNELS: u64 = 5;
/// Hits asked of each leg, as retrieval does.
const LIMIT: usize = 50;

/// Prints the latencies at each size.
pub(crate) async fn measure(sizes: &[usize], questions: usize) -> anyhow::Result<()> {
    for (embedder, dimension) in EMBEDDERS {
        headline(&format!(
            "search latency, SQLite, vectors of {embedder} ({dimension} dimensions), {CHANNELS} of 20 channels, {LIMIT} \
             hits a leg"
        ));
        let directory = tempfile::tempdir()?;
        let space = EmbeddingSpace { name: embedder.to_owned(), dimension };
        let store = SqliteStore::open(directory.path(), Some(space)).await?;
        let mut stored = 0;
        for size in sizes {
            let (before, started) = (stored, Instant::now());
            while stored < *size {
                let until = size.min(&(stored + TOGETHER)).to_owned();
                store.upsert((stored..until).map(|n| indexed(n as u64, dimension)).collect()).await?;
                stored = until;
            }
            line(&format!("{size} messages: stored"), &format!("{:.0}/s", rate(stored - before, started.elapsed())));
            for (name, words, vector) in [("words", true, false), ("vector", false, true), ("both", true, true)] {
                let mut sample = latencies(&store, dimension, questions, words, vector).await?;
                let (p50, p99) = (percentile(&mut sample, 0.5), percentile(&mut sample, 0.99));
                line(&format!("{size} messages, {name}: p50, p99"), &format!("{}, {}", ms(p50), ms(p99)));
            }
            let file = std::fs::metadata(directory.path().join("memory.sqlite"))?.len() >> 20;
            line(&format!("{size} messages: file, resident"), &format!("{file} MiB, {} MiB", resident("self")?));
        }
    }
    Ok(())
}

async fn latencies(
    store: &SqliteStore,
    dimension: usize,
    questions: usize,
    words: bool,
    vector: bool,
) -> anyhow::Result<Vec<Duration>> {
    let channels: Vec<ChannelId> = (0..CHANNELS).map(|n| corpus::channel(n).into()).collect();
    let filter = Filter::channels(Some(corpus::GUILD.into()), channels);
    let mut numbers = Numbers(7);
    let mut sample = Vec::with_capacity(questions);
    for _ in 0..questions {
        let text = if words { numbers.telling_words(6) } else { String::new() };
        let direction = numbers.vector(dimension);
        let request =
            SearchRequest { filter: &filter, text: &text, vector: vector.then_some(&direction), limit: LIMIT };
        let started = Instant::now();
        store.search(request).await?;
        sample.push(started.elapsed());
    }
    Ok(sample)
}

fn indexed(n: u64, dimension: usize) -> IndexedMessage {
    let message = corpus::message(n);
    IndexedMessage { index_text: message.content.clone().into(), vector: Some(Numbers(n).vector(dimension)), message }
}
