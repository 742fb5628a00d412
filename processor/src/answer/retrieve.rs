//! Question → evidence: embed, search both legs inside the scope, fuse, read what stands around.

use super::{
    evidence::{self, Numbered},
    fuse::{Ranked, fuse},
    passages::passages,
};
use crate::{
    embed::Embedder,
    store::{Filter, SearchRequest, StoreError, VectorStore},
};
use rtfm_shared::event::{Query, Speaker};
use std::time::Duration;
use tokio::time::timeout;

/// Hits that each leg may give before fusion: several times what is used, since fusion moves them.
const LEG_LIMIT: usize = 50;
/// The longest the question's embedding may take before words alone must do.
const EMBED_LIMIT: Duration = Duration::from_secs(8);

/// What retrieval found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The fused ranking.
    pub(crate) ranking: Vec<Ranked>,
    /// The messages that may be cited, in their passages.
    pub(crate) evidence: Vec<Numbered>,
    /// Whether the embedder was away, so that only words were searched.
    pub(crate) words_only: bool,
}

/// Finds the evidence for a question inside the filter.
pub(crate) async fn retrieve(
    store: &dyn VectorStore,
    embedder: Option<&dyn Embedder>,
    query: &Query,
    filter: &Filter,
) -> Result<Found, StoreError> {
    if filter.is_empty() {
        return Ok(Found::default());
    }
    let text = search_text(query);
    let vector = match embedder {
        Some(embedder) => match timeout(EMBED_LIMIT, embedder.query(&text)).await {
            Ok(Ok(vector)) => Some(vector),
            Ok(Err(error)) => {
                tracing::warn!(%error, query_id = %query.query_id, "searching by words alone");
                None
            }
            Err(_) => {
                tracing::warn!(query_id = %query.query_id, "the embedder is too slow: searching by words alone");
                None
            }
        },
        None => None,
    };
    let words_only = embedder.is_some() && vector.is_none();
    let request = SearchRequest { filter, text: &text, vector: vector.as_deref(), limit: LEG_LIMIT };
    let ranking = fuse(store.search(request).await?);
    let passages = passages(store, filter, &ranking).await?;
    Ok(Found { evidence: evidence::number(&passages), ranking, words_only })
}

/// What is searched for: the question, and before it the asker's last words when it follows up on them
/// ("and on Windows?" alone finds nothing).
fn search_text(query: &Query) -> String {
    let last = query.history.iter().rev().find(|turn| turn.role == Speaker::User);
    match last {
        Some(turn) => format!("{}\n{}", turn.content.trim(), query.question.trim()),
        None => query.question.trim().to_owned(),
    }
}
