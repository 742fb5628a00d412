//! The search stage: both legs inside the filter, and retrieval without a search text.

mod browse;

use crate::store::{Hit, Legs, MessageStore, SearchRequest, StoreError};
use rtfm_shared::event::MessageId;
use std::collections::HashSet;

/// Hits of each leg before fusion: several times the number used, since fusion reorders them.
pub(super) const LEG_LIMIT: usize = 50;
/// Messages that a full leg should contain, so that one long file cannot hide all others.
const LEG_MESSAGES: usize = 20;
/// The limit of a leg that contains fewer messages.
const FAR_LIMIT: usize = 1_000;

/// Searches both legs, with a higher limit if passages of few messages' files fill one of them.
pub(super) async fn legs(store: &dyn MessageStore, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
    let legs = store.search(request).await?;
    if is_crowded(&legs.dense) || is_crowded(&legs.lexical) {
        return store.search(SearchRequest { limit: FAR_LIMIT, ..request }).await;
    }
    Ok(legs)
}

/// Whether passages of few messages' files fill a leg.
fn is_crowded(leg: &[Hit]) -> bool {
    let messages: HashSet<&MessageId> = leg.iter().map(|hit| &hit.message.message_id).collect();
    leg.len() >= LEG_LIMIT && messages.len() < LEG_MESSAGES
}
