//! The local embedder: texts per second, and the latency of a question's vector.

use crate::numbers::headline;

/// Prints rates and latencies, or why there are none.
#[cfg(not(feature = "local-embeddings"))]
pub(crate) async fn measure(_questions: usize) -> anyhow::Result<()> {
    headline("local embedder: left out (build with --features local-embeddings)");
    Ok(())
}

/// Prints rates and latencies, or why there are none.
#[cfg(feature = "local-embeddings")]
pub(crate) async fn measure(questions: usize) -> anyhow::Result<()> {
    use crate::{
        corpus::{self, Numbers},
        numbers::{line, ms, percentile, rate, resident},
    };
    use rtfm_models::embed::{Embedder, LocalConfig, LocalEmbedder, ModelSource};
    use rtfm_shared::config::Env;
    use tokio::time::Instant;

    /// Texts embedded together, as the index pipeline does.
    const TOGETHER: usize = 200;

    let Some(folder) = std::env::var_os("LOCAL_MODEL_DIR").filter(|folder| !folder.is_empty()) else {
        headline("local embedder: left out (LOCAL_MODEL_DIR is not set; scripts/local-model.sh fetch)");
        return Ok(());
    };
    let config = LocalConfig::from_env(&Env::default(), "data".as_ref())?;
    let config = LocalConfig { model: ModelSource::Folder(folder.into()), ..config };
    headline(&format!("local embedder, {} threads", config.threads));
    let before = resident("self")?;
    let embedder = LocalEmbedder::open(&config).await?;
    let texts: Vec<String> = (0..TOGETHER as u64).map(|n| corpus::message(n).content).collect();
    let words = texts.iter().map(|text| text.split(' ').count()).sum::<usize>() / TOGETHER;
    embedder.documents(&texts).await?;
    let started = Instant::now();
    for _ in 0..5 {
        embedder.documents(&texts).await?;
    }
    line(&format!("texts of {words} words on average"), &format!("{:.0}/s", rate(5 * TOGETHER, started.elapsed())));
    let (mut numbers, mut sample) = (Numbers(7), Vec::with_capacity(questions));
    for _ in 0..questions {
        let question = numbers.telling_words(8);
        let started = Instant::now();
        embedder.query(&question).await?;
        sample.push(started.elapsed());
    }
    let (p50, p99) = (percentile(&mut sample, 0.5), percentile(&mut sample, 0.99));
    line("a question: p50, p99", &format!("{}, {}", ms(p50), ms(p99)));
    line("resident: before, after", &format!("{before} MiB, {} MiB", resident("self")?));
    Ok(())
}
