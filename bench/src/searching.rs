//! What a question costs without any model, as a SQLite store grows, for the vectors of each embedder: each leg of the
//! search, the whole way from the question to the evidence, and every step of it. Messages are stored as the index
//! pipeline stores them, in their contexts. What the embedder itself takes for the question stands in `embedding`.

use crate::{
    asking,
    bench_bus::BenchBus,
    corpus::{self, CHANNELS, Numbers},
    numbers::{headline, line, ms, percentile, processor_time, rate, resident},
    steps::Steps,
};
use async_trait::async_trait;
use jiff::tz::TimeZone;
use rtfm_memory::{
    retrieval::{RetrievalPipeline, Retriever},
    store::{EmbeddingSpace, Filter, MessageStore, SearchRequest, StoreConfig},
};
use rtfm_models::embed::{EmbedError, Embedder, MaskedText};
use rtfm_processor::{answer::AnswerPipeline, index::IndexPipeline};
use rtfm_shared::{event::ChannelId, settings::Settings};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Embedders by the length of their vectors: all-MiniLM-L6-v2, and Gemini's as it is asked by default.
const EMBEDDERS: [(&str, usize); 2] = [("local", 384), ("gemini", 768)];
/// Messages indexed together.
const TOGETHER: usize = 500;
/// Hits asked of each leg, as retrieval does.
const LIMIT: usize = 50;

/// How a question is made.
type Making = fn(&mut Numbers) -> String;

/// Questions as most are once their stop words are gone, and such as have common words as well, the worst for a search
/// by words.
const QUESTIONS: [(&str, Making); 2] =
    [("6 telling words", |numbers| numbers.telling_words(6)), ("18 words of any kind", |numbers| numbers.words(18))];

/// Prints the latencies at each size.
pub(crate) async fn measure(sizes: &[usize], questions: usize) -> anyhow::Result<()> {
    let steps = Steps::listen()?;
    for (name, dimension) in EMBEDDERS {
        headline(&format!(
            "questions without a model, SQLite, vectors of {name} ({dimension} dimensions), {} of {CHANNELS} channels",
            asking::CHANNELS
        ));
        let bench_bus = BenchBus::local().await?;
        let embedder: Arc<dyn Embedder> = Arc::new(Directions { name: name.to_owned(), dimension });
        let config = StoreConfig::Sqlite { directory: bench_bus.path().to_owned() };
        let store = config.open(Some(EmbeddingSpace { name: name.to_owned(), dimension })).await?;
        let index = IndexPipeline::new(store.clone(), Some(embedder.clone()));
        let settings = Settings::new(bench_bus.bus.clone());
        let retrieval = RetrievalPipeline {
            retriever: Retriever::new(store.clone(), Some(embedder), settings.clone()),
            rewriter: None,
            time_zone: TimeZone::UTC,
        };
        let time_limit = Duration::from_secs(30);
        let answer = AnswerPipeline { bus: bench_bus.bus.clone(), retrieval, settings, model: None, time_limit };
        let mut stored = 0;
        for size in sizes {
            let (before, started) = (stored, Instant::now());
            while stored < *size {
                let until = size.min(&(stored + TOGETHER)).to_owned();
                index.apply(&corpus::events(stored..until)).await?;
                stored = until;
            }
            line(&format!("{size} messages: indexed"), &format!("{:.0}/s", rate(stored - before, started.elapsed())));
            for (kind, making) in QUESTIONS {
                println!("{size} messages, questions of {kind}: p50, p99");
                for (name, words, vector) in [("words leg", true, false), ("vectors leg", false, true)] {
                    show(name, &mut leg(&*store, dimension, questions, words.then_some(making), vector).await?);
                }
                steps.take();
                whole(&answer, questions, making).await;
                for (step, mut sample) in steps.take() {
                    show(&format!("step {step}"), &mut sample);
                }
            }
            let file = std::fs::metadata(bench_bus.path().join("memory.sqlite"))?.len() >> 20;
            line(&format!("{size} messages: file, resident"), &format!("{file} MiB, {} MiB", resident("self")?));
        }
    }
    Ok(())
}

fn show(name: &str, sample: &mut [Duration]) {
    let (p50, p99) = (percentile(sample, 0.5), percentile(sample, 0.99));
    line(&format!("  {name}"), &format!("{}, {}", ms(p50), ms(p99)));
}

/// One leg of the search alone.
async fn leg(
    store: &dyn MessageStore,
    dimension: usize,
    questions: usize,
    words: Option<Making>,
    vector: bool,
) -> anyhow::Result<Vec<Duration>> {
    let channels: Vec<ChannelId> = (0..asking::CHANNELS).map(|n| corpus::channel(n).into()).collect();
    let filter = Filter::channels(Some(corpus::GUILD.into()), channels);
    let mut numbers = Numbers(7);
    let mut sample = Vec::with_capacity(questions);
    for _ in 0..questions {
        let text = words.map(|making| making(&mut numbers)).unwrap_or_default();
        let direction = numbers.vector(dimension);
        let request =
            SearchRequest { filter: &filter, text: &text, vector: vector.then_some(&direction), limit: LIMIT };
        let started = Instant::now();
        store.search(request).await?;
        sample.push(started.elapsed());
    }
    Ok(sample)
}

/// The whole way to an answer, which quotes what was found.
async fn whole(answer: &AnswerPipeline, questions: usize, making: Making) {
    let (mut numbers, mut sample, before) = (Numbers(7), Vec::with_capacity(questions), processor_time());
    for n in 0..questions {
        let query = asking::question(n, making(&mut numbers), asking::CHANNELS);
        let started = Instant::now();
        answer.respond(&query, None).await;
        sample.push(started.elapsed());
    }
    show("answer without a model", &mut sample);
    let busy = processor_time().saturating_sub(before) / u32::try_from(questions.max(1)).unwrap_or(u32::MAX);
    line("  processor time for it, mean", &ms(busy));
}

/// An instant embedder: one direction for each text.
#[derive(Debug)]
struct Directions {
    name: String,
    dimension: usize,
}

impl Directions {
    fn of(&self, text: &str) -> Vec<f32> {
        let seed = text.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        Numbers(seed).vector(self.dimension)
    }
}

#[async_trait]
impl Embedder for Directions {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| self.of(text)).collect())
    }

    async fn embed_query(&self, text: &MaskedText) -> Result<Vec<f32>, EmbedError> {
        Ok(self.of(text))
    }
}
