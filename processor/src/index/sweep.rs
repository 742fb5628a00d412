//! Sweeps: removal of messages across channels.

use super::{IndexError, IndexPipeline};
use rtfm_memory::store::{Filter, Removal};
use rtfm_shared::event::{ChatMessage, MessageId};

/// Messages looked at per page.
const PAGE: usize = 500;

impl IndexPipeline {
    /// Removes the messages inside the filter that are `unwanted`, also from the contexts of others, and returns
    /// their number. It leaves no tombstones, so the messages may be stored again later. It locks per page, so that
    /// indexing continues in between and a stopped sweep keeps its progress.
    pub(crate) async fn sweep(
        &self,
        inside: &Filter,
        unwanted: impl Fn(&ChatMessage) -> bool,
    ) -> Result<u64, IndexError> {
        let (mut after, mut removed) = (None, 0);
        loop {
            let _lock = self.write_lock.write().await;
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
            // Another processor may have stored a neighbour whose context still includes them.
            self.rewrite_without(&gone, &unwanted).await?;
        }
    }
}
