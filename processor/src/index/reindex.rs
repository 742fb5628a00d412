//! Reindexing of stale messages, after a change of the embedder or of the rules for index documents.
//!
//! It walks all messages by id and asks the store which ones are stale. An interrupted run continues where it ended,
//! because reindexed messages are no longer stale. Processors of the old and of the new configuration may run
//! meanwhile.

use super::{IndexError, IndexPipeline, channel_context::ChannelContext};
use rtfm_memory::store::{KeptFile, StaleMessage, StoreError};
use rtfm_shared::event::{ChatMessage, MessageId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Messages looked at per step.
const PAGE: usize = 200;

/// Progress of a reindexing run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// Messages looked at in the current pass.
    pub looked_at: u64,
    /// Messages reindexed in all passes.
    pub messages: u64,
    /// Files whose passages were reindexed in all passes.
    pub files: u64,
}

impl IndexPipeline {
    /// Reindexes stale messages and reports its progress after each page. Afterwards no message is stale, except
    /// those that another processor changed in the last moments and those that the embedder refuses.
    pub async fn reindex(&self, mut report: impl FnMut(Reindexed) + Send) -> Result<Reindexed, IndexError> {
        let mut progress = Reindexed::default();
        let mut previous_pass = u64::MAX;
        loop {
            let this_pass = self.reindex_once(&mut progress, &mut report).await?;
            // Concurrent changes shrink with each pass; messages that never get a vector stay the same.
            if this_pass == 0 || this_pass >= previous_pass {
                return Ok(progress);
            }
            previous_pass = this_pass;
        }
    }

    async fn reindex_once(
        &self,
        progress: &mut Reindexed,
        report: &mut (impl FnMut(Reindexed) + Send),
    ) -> Result<u64, IndexError> {
        let (mut after, mut reindexed) = (None, 0);
        progress.looked_at = 0;
        loop {
            // A sweep meanwhile would miss the messages that are being stored.
            let lock = self.write_lock.read().await;
            let page = self.store.stale(after.as_ref(), PAGE).await?;
            let stale: Vec<StaleMessage> =
                page.messages.into_iter().filter(|stale| self.admits(&stale.message)).collect();
            self.reindex_page(&stale).await?;
            drop(lock);
            reindexed += stale.len() as u64;
            progress.looked_at += page.looked_at;
            progress.messages += stale.len() as u64;
            progress.files += stale.iter().map(|stale| stale.files.len() as u64).sum::<u64>();
            report(*progress);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(reindexed),
            }
        }
    }

    async fn reindex_page(&self, stale: &[StaleMessage]) -> Result<(), IndexError> {
        // The index version of a message is that of its files: its files come first, so that an interrupted run still
        // finds them stale. Files of a message that the store lacks follow it.
        let (news, known): (Vec<&StaleMessage>, Vec<&StaleMessage>) = stale.iter().partition(|stale| stale.is_news);
        self.reindex_files(&known).await?;
        let all: Vec<ChatMessage> = stale.iter().map(|stale| stale.message.clone()).collect();
        let changed = stale.iter().filter(|stale| stale.is_news).map(|stale| stale.message.clone());
        let (mut messages, mut changed): (Vec<ChatMessage>, Vec<ChatMessage>) = (all, changed.collect());
        while !messages.is_empty() {
            let mut channel_context = ChannelContext::around(&*self.store, &messages).await?;
            messages.iter().cloned().for_each(|message| channel_context.put(message));
            channel_context.retain(|message| self.admits(message));
            let dependents = channel_context.dependents(&changed);
            let written = || messages.iter().chain(&dependents);
            let indexed = self.indexed(&channel_context, written(), self.embedder.as_deref()).await?;
            self.store.reindex(indexed).await?;
            let used = channel_context.context_messages(written()).into_iter().chain(messages.clone());
            let (gone, edited) = self.changed_meanwhile(used.collect()).await?;
            let ids: BTreeSet<&MessageId> = gone.iter().map(|message| &message.message_id).collect();
            self.rewrite_without(&gone, |message| ids.contains(&message.message_id)).await?;
            // An edit also changes the contexts that include the message, so those are written again too.
            changed.clone_from(&edited);
            messages = edited;
        }
        self.reindex_files(&news).await
    }

    /// Splits off the messages that are no longer stored, and those that were edited, in their current version.
    async fn changed_meanwhile(
        &self,
        used: Vec<ChatMessage>,
    ) -> Result<(Vec<ChatMessage>, Vec<ChatMessage>), StoreError> {
        // Most messages appear twice: as themselves and in a context.
        let used: BTreeMap<MessageId, ChatMessage> =
            used.into_iter().map(|message| (message.message_id.clone(), message)).collect();
        let ids: Vec<MessageId> = used.keys().cloned().collect();
        let kept = self.store.get(&ids).await?;
        let mut kept: HashMap<MessageId, ChatMessage> =
            kept.into_iter().map(|message| (message.message_id.clone(), message)).collect();
        let (mut gone, mut edited) = (Vec::new(), Vec::new());
        for message in used.into_values() {
            match kept.remove(&message.message_id) {
                None => gone.push(message),
                Some(now) if now.version() > message.version() => edited.push(now),
                Some(_) => {}
            }
        }
        Ok((gone, edited))
    }

    async fn reindex_files(&self, messages: &[&StaleMessage]) -> Result<(), IndexError> {
        for StaleMessage { message, files, .. } in messages {
            for KeptFile { key, name, passages } in files {
                self.attach_passages(message.clone(), key, name, passages.clone()).await?;
            }
        }
        Ok(())
    }
}
