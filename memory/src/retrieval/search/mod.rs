//! The search stage: both legs inside the filter, and what can be found without words.

mod browse;

use crate::store::{Hit, Legs, SearchRequest, StoreError, VectorStore};
use rtfm_shared::event::MessageId;
use std::collections::HashSet;

/// Hits that each leg may give before fusion: several times what is used, since fusion moves them.
pub(super) const LEG_LIMIT: usize = 50;
/// Messages that a full leg should have among its hits: a long file about the matter must not hide all others.
const LEG_MESSAGES: usize = 20;
/// The most hits that a leg gives when it has fewer.
const FAR_LIMIT: usize = 1_000;
/// What both legs find; they reach further where passages of a few files fill one of them.
pub(super) async fn legs(store: &dyn VectorStore, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
    let legs = store.search(request).await?;
    match is_crowded(&legs.dense) || is_crowded(&legs.lexical) {
        true => store.search(SearchRequest { limit: FAR_LIMIT, ..request }).await,
        false => Ok(legs),
    }
}

/// Whether passages of a few messages' files fill a leg.
fn is_crowded(leg: &[Hit]) -> bool {
    let messages: HashSet<&MessageId> = leg.iter().map(|hit| &hit.message.message_id).collect();
    leg.len() >= LEG_LIMIT && messages.len() < LEG_MESSAGES
}
