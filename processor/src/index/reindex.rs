//! Indexing anew what is kept otherwise than it would be kept now: after a change of the embedder, or of the rules by which
//! the text is made that a message is found by.
//!
//! It goes through all messages by their ids and asks the store what is outdated, so it can be broken off anywhere and
//! begun again: what was done is not outdated any more. Processors may be at work meanwhile, of the new configuration and
//! of the old.

use super::{Index, IndexError, channel_context::ChannelContext};
use rtfm_memory::store::{KeptFile, StaleMessage, StoreError};
use rtfm_shared::event::{ChatMessage, MessageId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Messages that are indexed together.
const PAGE: usize = 200;

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// Messages looked at, in this pass through all of them.
    pub looked_at: u64,
    /// Messages indexed anew.
    pub messages: u64,
    /// Files whose passages were.
    pub files: u64,
}

impl Index {
    /// Indexes anew whatever is outdated, and says after every few hundred messages what was done so far. When it returns,
    /// nothing is, but for what was changed behind its back in the last moments and what the embedder refuses.
    pub async fn reindex(&self, mut report: impl FnMut(Reindexed) + Send) -> Result<Reindexed, IndexError> {
        let mut done = Reindexed::default();
        let mut before = u64::MAX;
        loop {
            let this_pass = self.reindex_once(&mut done, &mut report).await?;
            // What changes meanwhile takes less and less; what never gets a vector always the same.
            if this_pass == 0 || this_pass >= before {
                return Ok(done);
            }
            before = this_pass;
        }
    }

    async fn reindex_once(
        &self,
        done: &mut Reindexed,
        report: &mut (impl FnMut(Reindexed) + Send),
    ) -> Result<u64, IndexError> {
        let (mut after, mut renewed) = (None, 0);
        done.looked_at = 0;
        loop {
            // No sweep meanwhile: it would miss what is just being stored.
            let turn = self.turn.read().await;
            let page = self.store.stale(after.as_ref(), PAGE).await?;
            let outdated: Vec<StaleMessage> =
                page.messages.into_iter().filter(|outdated| self.admits(&outdated.message)).collect();
            self.reindex_page(&outdated).await?;
            drop(turn);
            renewed += outdated.len() as u64;
            done.looked_at += page.looked_at;
            done.messages += outdated.len() as u64;
            done.files += outdated.iter().map(|outdated| outdated.files.len() as u64).sum::<u64>();
            report(*done);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(renewed),
            }
        }
    }

    async fn reindex_page(&self, outdated: &[StaleMessage]) -> Result<(), IndexError> {
        let all: Vec<ChatMessage> = outdated.iter().map(|outdated| outdated.message.clone()).collect();
        let news = outdated.iter().filter(|outdated| outdated.is_news).map(|outdated| outdated.message.clone());
        let (mut messages, mut news): (Vec<ChatMessage>, Vec<ChatMessage>) = (all, news.collect());
        while !messages.is_empty() {
            let mut channel_context = ChannelContext::around(&*self.store, &messages).await?;
            messages.iter().cloned().for_each(|message| channel_context.put(message));
            channel_context.retain(|message| self.admits(message));
            let dependents = channel_context.dependents(&news);
            let written = || messages.iter().chain(&dependents);
            let indexed = self.indexed(&channel_context, written(), self.embedder.as_deref()).await?;
            self.store.reindex(indexed).await?;
            let used = channel_context.contexts(written()).into_iter().chain(messages.clone());
            let (gone, edited) = self.changed_meanwhile(used.collect()).await?;
            let ids: BTreeSet<&MessageId> = gone.iter().map(|message| &message.message_id).collect();
            self.rewrite_without(&gone, |message| ids.contains(&message.message_id)).await?;
            // Those in whose contexts they stand are written once more, too.
            news.clone_from(&edited);
            messages = edited;
        }
        for outdated in outdated {
            for file in &outdated.files {
                self.renew_file(&outdated.message, file).await?;
            }
        }
        Ok(())
    }

    /// Those of these messages that are not kept any more, and those that were edited, as they are now.
    async fn changed_meanwhile(
        &self,
        used: Vec<ChatMessage>,
    ) -> Result<(Vec<ChatMessage>, Vec<ChatMessage>), StoreError> {
        // Most are there twice: as themselves, and in a context.
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

    async fn renew_file(&self, message: &ChatMessage, file: &KeptFile) -> Result<(), IndexError> {
        self.attach_passages(message.clone(), &file.key, &file.name, file.passages.clone()).await
    }
}
