//! `discord-messages` → store. Each message is kept under its snowflake with the text and the vector
//! it is found by; edits, deletions and forgetting reach it and every context it stood in.
//!
//! Everything here may happen twice: storing again changes nothing, removing again removes nothing.

mod changes;
mod context;
mod timeline;
mod vectors;

use crate::{
    embed::{EmbedError, Embedder},
    store::{Filter, IndexedMessage, Removal, StoreError, VectorStore},
};
use async_trait::async_trait;
use changes::Step;
use rtfm_shared::{
    bus::Record,
    event::{ChatMessage, Envelope, MessageEvent, MessageId},
    resilience::{Class, Classify},
    settings::Settings,
    worker::{Failure, Handler},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use timeline::Timeline;
pub(crate) use vectors::WITHOUT;

/// Messages of a forgotten author that are looked at together.
const FORGET_PAGE: usize = 500;

/// The index pipeline.
#[derive(Debug)]
pub struct Index {
    store: Arc<dyn VectorStore>,
    embedder: Option<Arc<dyn Embedder>>,
    settings: Option<Settings>,
}

impl Index {
    /// A pipeline into `store`; without an embedder messages are found by their words alone.
    pub fn new(store: Arc<dyn VectorStore>, embedder: Option<Arc<dyn Embedder>>) -> Self {
        Self { store, embedder, settings: None }
    }

    /// The same, which keeps nothing that its author or its guild does not want kept.
    #[must_use]
    pub fn heeding(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Brings the store up to these events, in order. When it returns, all of them are durable.
    pub async fn apply(&self, events: impl IntoIterator<Item = &MessageEvent>) -> Result<(), IndexError> {
        let mut steps = changes::steps(events).into_iter();
        while let Some(step) = steps.next() {
            match step {
                Step::Store(messages) => {
                    let messages = self.wanted(messages).await?;
                    if let Err(error) = self.store(messages).await {
                        self.remove_ahead(steps).await;
                        return Err(error);
                    }
                }
                Step::Remove(removal) => self.remove(&removal).await?,
            }
        }
        Ok(())
    }

    /// What is deleted must not stay quotable because something before it waits for an embedder: the
    /// removals that hold whatever is stored later are carried out now, and once more in their turn.
    async fn remove_ahead(&self, steps: impl Iterator<Item = Step>) {
        for step in steps {
            if let Step::Remove(removal @ (Removal::Messages(_) | Removal::Channel(_))) = step
                && let Err(error) = self.remove(&removal).await
            {
                tracing::warn!(%error, "a deletion waits");
            }
        }
    }

    /// Those that may be remembered. Of the others nothing may stay either: an edit can come after its author's
    /// decision.
    async fn wanted(&self, messages: Vec<ChatMessage>) -> Result<Vec<ChatMessage>, IndexError> {
        let Some(settings) = &self.settings else { return Ok(messages) };
        let (wanted, unwanted): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|message| settings.may_remember(message));
        if !unwanted.is_empty() {
            let ids = unwanted.into_iter().map(|message| message.message_id).collect();
            self.remove(&Removal::Unlisted(ids)).await?;
        }
        Ok(wanted)
    }

    async fn store(&self, messages: Vec<ChatMessage>) -> Result<(), IndexError> {
        let changed = self.news(messages).await?;
        if changed.is_empty() {
            return Ok(());
        }
        let mut timeline = Timeline::around(&*self.store, &changed).await?;
        changed.iter().cloned().for_each(|message| timeline.put(message));
        let dependents = timeline.dependents(&changed);
        let refused = self.write(&timeline, changed.iter().chain(&dependents), self.embedder.as_deref()).await?;
        if refused.is_empty() {
            return Ok(());
        }
        // Something in the batch was removed meanwhile and stays so: take it out of the contexts again.
        let revenants: Vec<ChatMessage> =
            changed.into_iter().filter(|message| refused.contains(&message.message_id)).collect();
        self.rewrite_without(&revenants, |message| refused.contains(&message.message_id)).await
    }

    /// The messages that say something new, one version each: redelivery and repeated imports end here,
    /// before anything is embedded again.
    async fn news(&self, messages: Vec<ChatMessage>) -> Result<Vec<ChatMessage>, IndexError> {
        let mut newest: BTreeMap<MessageId, ChatMessage> = BTreeMap::new();
        for message in messages {
            match newest.get(&message.message_id) {
                Some(known) if known.version() > message.version() => {}
                _ => {
                    newest.insert(message.message_id.clone(), message);
                }
            }
        }
        let ids: Vec<MessageId> = newest.keys().cloned().collect();
        let stored: HashMap<MessageId, ChatMessage> =
            self.store.get(&ids).await?.into_iter().map(|message| (message.message_id.clone(), message)).collect();
        let is_news = |message: &ChatMessage| {
            stored.get(&message.message_id).is_none_or(|known| known != message && known.version() <= message.version())
        };
        let news: Vec<ChatMessage> = newest.into_values().filter(is_news).collect();
        // What was removed and is brought again, by a repeated import for instance, is nobody's to read any more:
        // not the embedder's, and not as the context of others.
        let removed = self.store.removed_among(&news).await?;
        Ok(news.into_iter().filter(|message| !removed.contains(&message.message_id)).collect())
    }

    async fn remove(&self, removal: &Removal) -> Result<(), IndexError> {
        // Contexts first: were the messages removed first and the process killed then, nobody would
        // know any more in whose context they stood.
        match removal {
            Removal::Messages(ids) | Removal::Unlisted(ids) => {
                let removed = self.store.get(ids).await?;
                self.rewrite_without(&removed, |message| ids.contains(&message.message_id)).await?;
            }
            Removal::Author { user_id, guild_id, until } => {
                let written = Filter { authors: vec![user_id.clone()], ..Filter::everything(guild_id.clone()) };
                let forgotten = |message: &ChatMessage| message.user_id == *user_id && message.timestamp <= *until;
                let mut after = None;
                loop {
                    let page = self.store.scroll(&written, after.as_ref(), FORGET_PAGE).await?;
                    let Some(last) = page.last() else { break };
                    after = Some(last.message_id.clone());
                    let gone: Vec<ChatMessage> = page.into_iter().filter(forgotten).collect();
                    self.rewrite_without(&gone, forgotten).await?;
                    // Page by page, so that a stop half-way does not begin again.
                    let ids = gone.into_iter().map(|message| message.message_id).collect();
                    self.store.remove(&Removal::Unlisted(ids)).await?;
                }
            }
            // Contexts never reach beyond their channel.
            Removal::Channel(_) | Removal::Guild { .. } => {}
        }
        Ok(self.store.remove(removal).await?)
    }

    /// Indexes again the messages in whose context `gone` stood, with no message in it that `is_gone`.
    async fn rewrite_without(
        &self,
        gone: &[ChatMessage],
        is_gone: impl Fn(&ChatMessage) -> bool,
    ) -> Result<(), IndexError> {
        if gone.is_empty() {
            return Ok(());
        }
        let mut timeline = Timeline::around(&*self.store, gone).await?;
        timeline.retain(|message| !is_gone(message));
        let dependents = timeline.dependents(gone);
        match self.write(&timeline, &dependents, self.embedder.as_deref()).await {
            // Better found by words alone for a while than by a text that is to be forgotten.
            Err(IndexError::Embed(error)) => {
                tracing::warn!(%error, messages = dependents.len(), "storing contexts without vectors");
                self.write(&timeline, &dependents, None).await?;
            }
            written => drop(written?),
        }
        Ok(())
    }

    /// Embeds (where there is an embedder) and stores these messages in the context of the timeline. Returns the ids of those that
    /// were removed earlier and stay so.
    async fn write<'a>(
        &self,
        timeline: &Timeline,
        messages: impl IntoIterator<Item = &'a ChatMessage>,
        embedder: Option<&dyn Embedder>,
    ) -> Result<Vec<MessageId>, IndexError> {
        let messages: Vec<ChatMessage> = messages.into_iter().cloned().collect();
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let found_by = messages.iter().map(|message| timeline.findable(message));
        let (words, meanings): (Vec<String>, Vec<String>) =
            found_by.map(|found_by| (found_by.words, found_by.meaning)).unzip();
        let vectors: Vec<Option<Vec<f32>>> = match embedder {
            Some(embedder) => vectors::vectors(embedder, &meanings).await?,
            None => vec![None; words.len()],
        };
        let indexed = messages.into_iter().zip(words).zip(vectors);
        let indexed = indexed.map(|((message, index_text), vector)| IndexedMessage { message, index_text, vector });
        Ok(self.store.upsert(indexed.collect()).await?)
    }
}

/// Why a batch could not be indexed.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The embedder failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

impl Classify for IndexError {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Embed(error) => error.class(),
        }
    }
}

#[async_trait]
impl Handler for Index {
    type Item = MessageEvent;

    fn decode(&self, record: &Record) -> Result<MessageEvent, Failure> {
        Ok(Envelope::<MessageEvent>::decode(record)?.event)
    }

    /// One lane a partition: channels share batches, and one write serves hundreds of messages.
    fn lane(&self, record: &Record, _item: &MessageEvent) -> Vec<u8> {
        record.at.partition.to_be_bytes().to_vec()
    }

    async fn handle(&self, batch: &[MessageEvent]) -> Result<(), Failure> {
        self.apply(batch).await.map_err(|error| {
            let reason = match &error {
                IndexError::Store(_) => "store",
                IndexError::Embed(_) => "embedder",
            };
            Failure::of(reason, &error)
        })
    }
}
