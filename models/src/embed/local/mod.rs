//! Embeds with a model in this process: all-MiniLM-L6-v2, or another BERT sentence encoder with mean pooling. The model
//! runs on its own threads, so it never blocks an async thread. Questions have a thread of their own, so they never
//! wait behind an import.

mod bert;
mod elementwise;
mod hub;
mod model;

use super::{EmbedError, Embedder, LocalConfig, MaskedText, ModelSource};
use async_trait::async_trait;
use model::SentenceEncoder;
use rayon::{ThreadPool, ThreadPoolBuilder, prelude::*};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
};
use tokio::sync::oneshot;

/// Tokens of one forward pass. Larger batches are no faster and take more memory.
const BATCH_TOKENS: usize = 1_024;

/// An [`Embedder`] that runs its model in this process.
pub struct LocalEmbedder {
    model: Arc<SentenceEncoder>,
    documents: ThreadPool,
    questions: ThreadPool,
}

impl std::fmt::Debug for LocalEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalEmbedder").field("model", &self.model.name).finish_non_exhaustive()
    }
}

impl LocalEmbedder {
    /// Loads the model. Downloads it first if the configuration names no folder.
    pub async fn open(config: &LocalConfig) -> Result<Self, EmbedError> {
        let directory: PathBuf = match &config.model {
            ModelSource::Folder(folder) => folder.clone(),
            ModelSource::Hub { url, directory } => hub::fetch(url, directory).await?,
        };
        let loading = tokio::task::spawn_blocking(move || SentenceEncoder::load(&directory));
        let model =
            loading.await.map_err(|error| EmbedError::Unavailable(format!("failed to load the model: {error}")))??;
        Ok(Self {
            model: Arc::new(model),
            documents: pool("rtfm-embed", config.threads)?,
            questions: pool("rtfm-embed-question", 1)?,
        })
    }
}

fn pool(name: &'static str, threads: usize) -> Result<ThreadPool, EmbedError> {
    let builder = ThreadPoolBuilder::new().num_threads(threads).thread_name(move |number| format!("{name}-{number}"));
    builder.build().map_err(|error| EmbedError::Unavailable(format!("failed to start threads for the model: {error}")))
}

/// Runs `work` on a pool. Skips work whose caller has left, and turns a panic into an error, so the threads survive it.
async fn run_on<T: Send + 'static>(
    pool: &ThreadPool,
    work: impl FnOnce() -> Result<T, EmbedError> + Send + 'static,
) -> Result<T, EmbedError> {
    let (sender, receiver) = oneshot::channel();
    pool.spawn(move || {
        if !sender.is_closed() {
            let outcome = catch_unwind(AssertUnwindSafe(work));
            drop(sender.send(outcome.unwrap_or_else(|_| Err(EmbedError::Failed("the model panicked".to_owned())))));
        }
    });
    receiver.await.unwrap_or_else(|_| Err(EmbedError::Failed("the model's thread ended".to_owned())))
}

/// Embeds texts and returns their vectors in the same order.
fn vectors(model: &SentenceEncoder, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
    let tokens = texts.par_iter().map(|text| model.tokens(text)).collect::<Result<Vec<_>, _>>()?;
    // Sorted by length, texts of equal length share their attention and batches take about equally long.
    let mut sorted: Vec<(usize, Vec<u32>)> = tokens.into_iter().enumerate().collect();
    sorted.sort_by_key(|(_, tokens)| tokens.len());
    let batches = batches(&sorted);
    let embedded = batches.par_iter().map(|batch| {
        let texts: Vec<&[u32]> = batch.iter().map(|(_, tokens)| tokens.as_slice()).collect();
        model.vectors(&texts)
    });
    let embedded = embedded.collect::<Result<Vec<_>, _>>()?;
    let mut vectors: Vec<(usize, Vec<f32>)> =
        sorted.iter().map(|(position, _)| *position).zip(embedded.into_iter().flatten()).collect();
    vectors.sort_by_key(|(position, _)| *position);
    Ok(vectors.into_iter().map(|(_, vector)| vector).collect())
}

/// Cuts texts into batches of at most [`BATCH_TOKENS`]. A longer text gets a batch of its own.
fn batches(mut texts: &[(usize, Vec<u32>)]) -> Vec<&[(usize, Vec<u32>)]> {
    let mut batches = Vec::new();
    while !texts.is_empty() {
        let mut tokens = 0;
        let fitting = texts.iter().take_while(|(_, text)| {
            tokens += text.len();
            tokens <= BATCH_TOKENS
        });
        let (batch, rest) = texts.split_at(fitting.count().max(1));
        batches.push(batch);
        texts = rest;
    }
    batches
}

#[async_trait]
impl Embedder for LocalEmbedder {
    fn name(&self) -> &str {
        &self.model.name
    }

    fn dimension(&self) -> usize {
        self.model.dimension
    }

    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (model, texts) = (Arc::clone(&self.model), texts.to_vec());
        run_on(&self.documents, move || vectors(&model, &texts)).await
    }

    async fn embed_query(&self, text: &MaskedText) -> Result<Vec<f32>, EmbedError> {
        let (model, texts) = (Arc::clone(&self.model), [text.clone()]);
        let vectors = run_on(&self.questions, move || vectors(&model, &texts)).await?;
        vectors.into_iter().next().ok_or_else(|| EmbedError::Failed("the model returned no vector".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic;

    #[test]
    fn batches_hold_every_text_once_within_the_token_limit() {
        let texts = |lengths: &[usize]| -> Vec<(usize, Vec<u32>)> {
            lengths.iter().map(|length| vec![7; *length]).enumerate().collect()
        };
        let shape =
            |lengths: &[usize]| -> Vec<usize> { batches(&texts(lengths)).iter().map(|batch| batch.len()).collect() };
        assert_eq!(shape(&[]), [] as [usize; 0]);
        assert_eq!(shape(&[BATCH_TOKENS + 1]), [1], "a text over the limit is a batch of its own");
        assert_eq!(shape(&[BATCH_TOKENS / 2, BATCH_TOKENS / 2, 1, BATCH_TOKENS]), [2, 1, 1]);
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error_and_the_threads_survive() {
        let pool = pool("test", 1).unwrap();
        for _ in 0..3 {
            let failed = run_on::<()>(&pool, || panic::panic_any("boom")).await;
            assert!(matches!(failed, Err(EmbedError::Failed(_))), "{failed:?}");
        }
        assert_eq!(run_on(&pool, || Ok(7)).await.unwrap(), 7);
    }
}
