//! The conversation before a question, as far as it may be used: bounded, and without earlier answers that rest on
//! something gone. An answer repeats what it cites, so its text is used only while each of its sources can still be found
//! by this question and reads as it did.

use super::{
    RetrievalPipeline,
    plan::{ResolvedScope, resolve_scope},
};
use crate::store::{Filter, StoreError};
use jiff::Timestamp;
use rtfm_shared::{
    event::{MessageId, Query, Speaker, Turn},
    text::showable,
};
use std::collections::HashMap;
use tokio::time::{Instant, timeout_at};

/// The newest turns that are used; the bot sends fewer.
const MAX_TURNS: usize = 16;
/// Characters of a turn: the longest message on Discord.
const MAX_TURN_CHARS: usize = 4_000;

impl RetrievalPipeline {
    /// The turns that a question may use, oldest first. What cannot be looked up in time counts as gone.
    pub(super) async fn usable_history(&self, query: &Query, until: Instant) -> Vec<Turn> {
        let skipped = query.history.len().saturating_sub(MAX_TURNS);
        // A secret is masked before it can be cut in two.
        let cut = |text: &str| showable(text).chars().take(MAX_TURN_CHARS).collect();
        let bounded = |turn: &Turn| Turn { content: cut(&turn.content), ..turn.clone() };
        let mut turns: Vec<Turn> = query.history.iter().skip(skipped).map(bounded).collect();
        let mut cited: Vec<MessageId> = turns.iter().flat_map(|turn| turn.sources.iter().cloned()).collect();
        cited.sort();
        cited.dedup();
        let found = match cited.as_slice() {
            [] => HashMap::new(),
            cited => match timeout_at(until, self.still_visible(query, cited)).await {
                Ok(Ok(found)) => found,
                Ok(Err(error)) => {
                    tracing::debug!(%error, query_id = %query.query_id, "failed to look up the sources of earlier answers");
                    HashMap::new()
                }
                Err(_) => HashMap::new(),
            },
        };
        turns.retain(|Turn { role, sources, timestamp, .. }| {
            let mut edits = sources.iter().map(|source| found.get(source));
            match role {
                Speaker::User => true,
                Speaker::Model => {
                    !sources.is_empty() && edits.all(|edited| edited.is_some_and(|edited| edited <= timestamp))
                }
                Speaker::Other => false,
            }
        });
        turns
    }

    /// Those of these messages that the question's scope includes, each with the time of its last edit.
    async fn still_visible(
        &self,
        query: &Query,
        ids: &[MessageId],
    ) -> Result<HashMap<MessageId, Option<Timestamp>>, StoreError> {
        let ResolvedScope::Filter(filter) = resolve_scope(&*self.retriever.store, query).await? else {
            return Ok(HashMap::new());
        };
        let scope = Filter { authors: Vec::new(), since: None, exclude: Vec::new(), ..filter };
        let found = self.retriever.visible(ids, &scope).await?;
        Ok(found.into_iter().map(|message| (message.message_id, message.edited_at)).collect())
    }
}
