//! From a question's scope to the filter inside every search. Fail closed: what is not clearly allowed
//! is not seen.

use crate::store::{Filter, StoreError, VectorStore};
use rtfm_shared::event::{GuildId, Query, Scope};

/// What a question may see, or why that cannot be said.
#[derive(Debug, PartialEq)]
pub(crate) enum ResolvedScope {
    /// This much.
    Filter(Filter),
    /// The question does not say which guild is meant, and there are several.
    Ambiguous(Vec<GuildId>),
}

/// The filter of a question. The message that asks is never its own answer.
pub(crate) async fn resolve_scope(store: &dyn VectorStore, query: &Query) -> Result<ResolvedScope, StoreError> {
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
    // What the asker wants of it, which can only narrow what they may see.
    filter.authors = query.authors.clone();
    filter.since = query.since;
    filter.exclude = vec![query.original_message_id.clone()];
    filter.exclude.retain(|id| !id.0.is_empty());
    Ok(ResolvedScope::Filter(filter))
}
