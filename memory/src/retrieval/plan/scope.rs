//! Resolves a question's scope to the filter of every search. It fails closed: only what is clearly allowed is visible.

use crate::store::{Filter, MessageStore, StoreError};
use rtfm_shared::event::{GuildId, Query, Scope};

/// The resolved scope of a question.
#[derive(Debug, PartialEq)]
pub(crate) enum ResolvedScope {
    /// The messages that the question may see.
    Filter(Filter),
    /// The question names no guild, and the store holds several: these.
    Ambiguous(Vec<GuildId>),
}

/// Resolves the scope of a query. It excludes the message that asks, which would match best.
pub(crate) async fn resolve_scope(store: &dyn MessageStore, query: &Query) -> Result<ResolvedScope, StoreError> {
    let Scope { channel_ids, whole_guild } = query.effective_scope();
    let mut filter = if whole_guild {
        match &query.guild_id {
            Some(guild) => Filter::everything(Some(guild.clone())),
            None => match store.guilds().await?.as_slice() {
                [] => Filter::everything(None),
                [only] => Filter::everything(Some(only.clone())),
                several => return Ok(ResolvedScope::Ambiguous(several.to_vec())),
            },
        }
    } else {
        Filter::channels(query.guild_id.clone(), channel_ids)
    };
    // The asker's options only narrow the scope.
    filter.authors = query.authors.clone();
    filter.since = query.since;
    filter.exclude = vec![query.original_message_id.clone()];
    filter.exclude.retain(|id| !id.0.is_empty());
    Ok(ResolvedScope::Filter(filter))
}
