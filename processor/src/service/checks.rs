//! Checks that run beside the pipelines and only warn: neither Gemini nor a stale index may delay a start.

use rtfm_memory::store::MessageStore;
use rtfm_models::gemini::GeminiClient;

/// Messages sampled to decide whether the index is stale.
const STALE_SAMPLE: usize = 100;

/// Warns of configured models that Gemini lacks. Answers work without them, so a missing model is no error.
pub(super) async fn warn_of_missing_models(client: &GeminiClient) {
    match client.missing_models().await {
        Ok(missing) => missing.iter().for_each(|missing| tracing::warn!("{missing}")),
        Err(error) => tracing::warn!(%error, "failed to check Gemini's models"),
    }
}

/// Warns when most of the sampled messages are stale. A few can be messages that the embedder refused.
pub(super) async fn warn_of_stale_index(store: &dyn MessageStore) {
    match store.stale(None, STALE_SAMPLE).await {
        Ok(page) if 2 * (page.messages.len() as u64) <= page.looked_at => {}
        Ok(_) => tracing::warn!(
            "the index was built for another embedder or by older rules, so search misses messages; run `rtfm reindex`"
        ),
        Err(error) => tracing::debug!(%error, "failed to check for stale messages"),
    }
}
