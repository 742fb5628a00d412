//! Question → evidence: embed, search both legs inside the scope, fuse, read what stands around.

use super::{
    deadline::Deadline,
    evidence::{self, Numbered},
    fuse::{Ranked, fuse},
    passages::passages,
};
use crate::{
    embed::Embedder,
    keeper::Gate,
    store::{Filter, Hit, SearchRequest, StoreError, VectorStore},
};
use rtfm_shared::event::{MessageId, Query, Speaker};
use std::{collections::HashSet, time::Duration};
use tokio::time::{Instant, timeout};

/// Hits that each leg may give before fusion: several times what is used, since fusion moves them.
const LEG_LIMIT: usize = 50;
/// Messages that a full leg should have among its hits: a long file about the matter must not hide all others.
const LEG_MESSAGES: usize = 20;
/// The most hits that a leg gives when it has fewer.
const FAR_LIMIT: usize = 1_000;
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

/// The vector of a question, made once however often the memory is tried; none without an embedder, or
/// with one that is away or slow.
pub(crate) async fn vector(embedder: Option<&dyn Embedder>, query: &Query, deadline: Deadline) -> Vector {
    let Some(embedder) = embedder else { return Vector::NotWanted };
    // Most of the time is the memory's.
    let limit = EMBED_LIMIT.min(deadline.memory.saturating_duration_since(Instant::now()) / 3);
    match timeout(limit, embedder.query(&search_text(query))).await {
        Ok(Ok(vector)) => Vector::Made(vector),
        Ok(Err(error)) => {
            tracing::warn!(%error, query_id = %query.query_id, "searching by words alone");
            Vector::Missing
        }
        Err(_) => {
            tracing::warn!(query_id = %query.query_id, "the embedder is too slow: searching by words alone");
            Vector::Missing
        }
    }
}

/// A question's vector, or why there is none.
#[derive(Debug)]
pub(crate) enum Vector {
    /// Here it is.
    Made(Vec<f32>),
    /// There should be one.
    Missing,
    /// Nobody makes vectors here.
    NotWanted,
}

/// Finds the evidence for a question inside the filter. What was decided since it was stored, and is not removed yet,
/// is not found any more.
pub(crate) async fn retrieve(
    store: &dyn VectorStore,
    vector: &Vector,
    query: &Query,
    filter: &Filter,
    gate: &Gate,
) -> Result<Found, StoreError> {
    if filter.is_empty() {
        return Ok(Found::default());
    }
    let direction = match vector {
        Vector::Made(direction) => Some(direction.as_slice()),
        Vector::Missing | Vector::NotWanted => None,
    };
    let text = search_text(query);
    let request = SearchRequest { filter, text: &text, vector: direction, limit: LEG_LIMIT };
    let mut legs = store.search(request).await?;
    if is_crowded(&legs.dense) || is_crowded(&legs.lexical) {
        legs = store.search(SearchRequest { limit: FAR_LIMIT, ..request }).await?;
    }
    legs.dense.retain(|hit| gate.admits(&hit.message));
    legs.lexical.retain(|hit| gate.admits(&hit.message));
    let ranking = fuse(legs);
    let passages = passages(store, filter, gate, &ranking).await?;
    let words_only = matches!(vector, Vector::Missing);
    Ok(Found { evidence: evidence::number(&passages), ranking, words_only })
}

/// Whether passages of a few messages' files fill a leg.
fn is_crowded(leg: &[Hit]) -> bool {
    let messages: HashSet<&MessageId> = leg.iter().map(|hit| &hit.message.message_id).collect();
    leg.len() >= LEG_LIMIT && messages.len() < LEG_MESSAGES
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
