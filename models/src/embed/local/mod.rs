//! Vectors by a model in this process: all-MiniLM-L6-v2, or another BERT sentence encoder that takes the mean of its
//! tokens. It works on threads of its own, so that no async thread waits for it, and questions have one for
//! themselves, so that none waits behind an import.

mod bert;
mod elementwise;
mod hub;
mod model;

use super::{EmbedError, Embedder, LocalConfig, ModelSource};
use async_trait::async_trait;
use model::Model;
use rayon::{ThreadPool, ThreadPoolBuilder, prelude::*};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
};
use tokio::sync::oneshot;

/// Tokens that go through the model together. More is no faster and takes more memory.
const BATCH_TOKENS: usize = 1_024;

/// Embeds with a model of its own.
pub struct LocalEmbedder {
    model: Arc<Model>,
    documents: ThreadPool,
    questions: ThreadPool,
}

impl std::fmt::Debug for LocalEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalEmbedder").field("model", &self.model.name).finish_non_exhaustive()
    }
}

impl LocalEmbedder {
    /// Loads the model, which is fetched first where it is not there yet.
    pub async fn open(config: &LocalConfig) -> Result<Self, EmbedError> {
        let directory: PathBuf = match &config.model {
            ModelSource::Folder(folder) => folder.clone(),
            ModelSource::Hub { url, directory } => hub::fetch(url, directory).await?,
        };
        let loading = tokio::task::spawn_blocking(move || Model::load(&directory));
        let model = loading.await.map_err(|error| EmbedError::Unavailable(format!("loading the model: {error}")))??;
        Ok(Self {
            model: Arc::new(model),
            documents: pool("rtfm-embed", config.threads)?,
            questions: pool("rtfm-embed-question", 1)?,
        })
    }
}

fn pool(name: &'static str, threads: usize) -> Result<ThreadPool, EmbedError> {
    let builder = ThreadPoolBuilder::new().num_threads(threads).thread_name(move |number| format!("{name}-{number}"));
    builder.build().map_err(|error| EmbedError::Unavailable(format!("threads for the model: {error}")))
}

/// Runs work on a pool. Nobody waits for what nobody wants any more, and a panic is the work's failure alone.
async fn on<T: Send + 'static>(
    pool: &ThreadPool,
    work: impl FnOnce() -> Result<T, EmbedError> + Send + 'static,
) -> Result<T, EmbedError> {
    let (done, result) = oneshot::channel();
    pool.spawn(move || {
        if !done.is_closed() {
            let outcome = catch_unwind(AssertUnwindSafe(work));
            drop(done.send(outcome.unwrap_or_else(|_| Err(EmbedError::Failed("the model panicked".to_owned())))));
        }
    });
    result.await.unwrap_or_else(|_| Err(EmbedError::Failed("the model's thread ended".to_owned())))
}

/// The vectors of texts, in their order.
fn vectors(model: &Model, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
    let tokens = texts.par_iter().map(|text| model.tokens(text)).collect::<Result<Vec<_>, _>>()?;
    // By length: those of equal length are read together, and the batches take equally long.
    let mut order: Vec<(usize, Vec<u32>)> = tokens.into_iter().enumerate().collect();
    order.sort_by_key(|(_, tokens)| tokens.len());
    let batches = batches(&order);
    let made = batches.par_iter().map(|batch| {
        let texts: Vec<&[u32]> = batch.iter().map(|(_, tokens)| tokens.as_slice()).collect();
        model.vectors(&texts)
    });
    let made = made.collect::<Result<Vec<_>, _>>()?;
    let mut vectors: Vec<(usize, Vec<f32>)> =
        order.iter().map(|(place, _)| *place).zip(made.into_iter().flatten()).collect();
    vectors.sort_by_key(|(place, _)| *place);
    Ok(vectors.into_iter().map(|(_, vector)| vector).collect())
}

/// Cuts texts into batches of at most [`BATCH_TOKENS`], but at least one text each.
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

    async fn documents(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (model, texts) = (Arc::clone(&self.model), texts.to_vec());
        on(&self.documents, move || vectors(&model, &texts)).await
    }

    async fn query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let (model, texts) = (Arc::clone(&self.model), [text.to_owned()]);
        let vectors = on(&self.questions, move || vectors(&model, &texts)).await?;
        vectors.into_iter().next().ok_or_else(|| EmbedError::Failed("no vector was made".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic;

    #[test]
    fn batches_hold_every_text_once_and_no_more_than_fits() {
        let texts = |lengths: &[usize]| -> Vec<(usize, Vec<u32>)> {
            lengths.iter().map(|length| vec![7; *length]).enumerate().collect()
        };
        let shape =
            |lengths: &[usize]| -> Vec<usize> { batches(&texts(lengths)).iter().map(|batch| batch.len()).collect() };
        assert_eq!(shape(&[]), [] as [usize; 0]);
        assert_eq!(shape(&[BATCH_TOKENS + 1]), [1], "a text alone is a batch however long");
        assert_eq!(shape(&[BATCH_TOKENS / 2, BATCH_TOKENS / 2, 1, BATCH_TOKENS]), [2, 1, 1]);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_threads_go_on() {
        let pool = pool("test", 1).unwrap();
        for _ in 0..3 {
            let failed = on::<()>(&pool, || panic::panic_any("boom")).await;
            assert!(matches!(failed, Err(EmbedError::Failed(_))), "{failed:?}");
        }
        assert_eq!(on(&pool, || Ok(7)).await.unwrap(), 7);
    }
}
