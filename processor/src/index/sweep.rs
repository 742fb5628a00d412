//! Taking out of the memory what must not be in it any more, through all channels.

use super::{Index, IndexError};
use rtfm_memory::store::{Filter, Removal};
use rtfm_shared::event::{ChatMessage, MessageId};

/// Messages that are looked at together.
const PAGE: usize = 500;

impl Index {
    /// Removes what stands inside the filter and is unwanted, also from the contexts of others, and returns how many
    /// messages that were. They are no tombstones: what is wanted later may come again. Page by page, so that a stop
    /// half-way does not begin again and nobody waits long.
    pub(crate) async fn sweep(
        &self,
        inside: &Filter,
        unwanted: impl Fn(&ChatMessage) -> bool,
    ) -> Result<u64, IndexError> {
        let (mut after, mut removed) = (None, 0);
        loop {
            let _turn = self.turn.write().await;
            let page = self.store.scroll(inside, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(removed) };
            after = Some(last.message_id.clone());
            let gone: Vec<ChatMessage> = page.into_iter().filter(&unwanted).collect();
            if gone.is_empty() {
                continue;
            }
            self.rewrite_without(&gone, &unwanted).await?;
            let ids: Vec<MessageId> = gone.iter().map(|message| message.message_id.clone()).collect();
            removed += ids.len() as u64;
            self.store.remove(&Removal::Unlisted(ids)).await?;
            // Another processor may have stored a neighbour with their words meanwhile.
            self.rewrite_without(&gone, &unwanted).await?;
        }
    }
}
