//! `discord-messages` → store. Each message is kept under its snowflake with the text and the vector
//! it is found by; edits, deletions and forgetting reach it and every context it stood in.
//!
//! Everything here may happen twice: storing again changes nothing, removing again removes nothing.

pub mod attachments;
mod changes;
mod channel_context;
mod context;
mod files;
mod reindex;
mod sweep;
mod vectors;

use async_trait::async_trait;
use attachments::FileReader;
use changes::IndexStep;
use channel_context::ChannelContext;
use context::IndexDocument;
pub use reindex::Reindexed;
use rtfm_memory::store::{Filter, IndexText, IndexedMessage, Removal, StoreError, VectorStore};
use rtfm_memory::visibility::VisibilityPolicy;
use rtfm_models::embed::{EmbedError, Embedder};
use rtfm_shared::{
    bus::Record,
    event::{ChatMessage, Envelope, MessageEvent, MessageId},
    resilience::{Class, Classify},
    settings::Settings,
    worker::{Failure, Handler},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use tokio::sync::RwLock;
pub(crate) use vectors::WITHOUT;

/// The index pipeline. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Index {
    store: Arc<dyn VectorStore>,
    embedder: Option<Arc<dyn Embedder>>,
    policy: Option<VisibilityPolicy>,
    /// Shared by what stays within a channel, whose events come one after another anyway; taken alone by what goes
    /// through all channels, which would otherwise miss a message that is just being stored.
    turn: Arc<RwLock<()>>,
    files: Option<Arc<FileReader>>,
}

impl Index {
    /// A pipeline into `store`; without an embedder messages are found by their words alone.
    pub fn new(store: Arc<dyn VectorStore>, embedder: Option<Arc<dyn Embedder>>) -> Self {
        Self { store, embedder, policy: None, turn: Arc::default(), files: None }
    }

    /// The same, which keeps nothing that its author or its guild does not want kept.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.policy = Some(VisibilityPolicy::new(settings));
        self
    }

    /// The same, reading what stands in the files on messages.
    #[must_use]
    pub fn with_files(self, reader: Option<FileReader>) -> Self {
        Self { files: reader.map(Arc::new), ..self }
    }

    /// Brings the store up to these events, in order. When it returns, all of them are durable.
    pub async fn apply(&self, events: impl IntoIterator<Item = &MessageEvent>) -> Result<(), IndexError> {
        let steps = changes::steps(events);
        let carriers = carriers(&steps);
        let mut steps = steps.into_iter();
        while let Some(step) = steps.next() {
            match step {
                IndexStep::Store(messages) => {
                    if let Err(error) = self.store_wanted(messages).await {
                        self.remove_ahead(steps).await;
                        return Err(error);
                    }
                }
                IndexStep::Remove(removal) => self.remove(&removal).await?,
            }
        }
        // Last, so that no deletion in the batch waits for a file.
        self.read_files(&carriers).await
    }

    /// What is deleted must not stay quotable because something before it waits for an embedder: the
    /// removals that hold whatever is stored later are carried out now, and once more in their turn.
    async fn remove_ahead(&self, steps: impl Iterator<Item = IndexStep>) {
        for step in steps {
            if let IndexStep::Remove(removal @ (Removal::Messages(_) | Removal::Channel(_))) = step
                && let Err(error) = self.remove(&removal).await
            {
                tracing::warn!(%error, "a deletion waits");
            }
        }
    }

    /// Stores those that may be remembered. Of the others nothing may stay either: an edit can come after its
    /// author's decision.
    async fn store_wanted(&self, messages: Vec<ChatMessage>) -> Result<(), IndexError> {
        let _turn = self.turn.read().await;
        let (wanted, unwanted): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| self.admits(message));
        if !unwanted.is_empty() {
            let ids: Vec<MessageId> = unwanted.into_iter().map(|message| message.message_id).collect();
            self.take_out(&ids).await?;
            self.store.remove(&Removal::Unlisted(ids)).await?;
        }
        self.store(wanted).await
    }

    /// Whether its author and its guild let a message be kept.
    fn admits(&self, message: &ChatMessage) -> bool {
        self.policy.as_ref().is_none_or(|policy| policy.admits(message))
    }

    async fn store(&self, messages: Vec<ChatMessage>) -> Result<(), IndexError> {
        let changed = self.news(messages).await?;
        if changed.is_empty() {
            return Ok(());
        }
        let mut channel_context = ChannelContext::around(&*self.store, &changed).await?;
        changed.iter().cloned().for_each(|message| channel_context.put(message));
        channel_context.retain(|message| self.admits(message));
        let dependents = channel_context.dependents(&changed);
        let written = || changed.iter().chain(&dependents);
        let refused = self.write(&channel_context, written(), self.embedder.as_deref()).await?;
        // What was removed meanwhile stays so, be it of the batch or beside it: it goes out of the contexts again. Who
        // removes something looks for those contexts after the removal, too, so that one of both finds them.
        let mut gone = self.vanished(channel_context.contexts(written()), &changed).await?;
        gone.extend(changed.into_iter().filter(|message| refused.contains(&message.message_id)));
        let ids: BTreeSet<MessageId> = gone.iter().map(|message| message.message_id.clone()).collect();
        self.rewrite_without(&gone, |message| ids.contains(&message.message_id)).await
    }

    /// Those of these messages that are not stored any more; what has just been stored is left out.
    async fn vanished(
        &self,
        messages: Vec<ChatMessage>,
        just_stored: &[ChatMessage],
    ) -> Result<Vec<ChatMessage>, IndexError> {
        let new: BTreeSet<&MessageId> = just_stored.iter().map(|message| &message.message_id).collect();
        let others = messages.into_iter().filter(|message| !new.contains(&message.message_id));
        let mut others: BTreeMap<MessageId, ChatMessage> =
            others.map(|message| (message.message_id.clone(), message)).collect();
        if !others.is_empty() {
            let ids: Vec<MessageId> = others.keys().cloned().collect();
            for message in self.store.get(&ids).await? {
                others.remove(&message.message_id);
            }
        }
        Ok(others.into_values().collect())
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
            stored
                .get(&message.message_id)
                .is_none_or(|known| !says_the_same(known, message) && known.version() <= message.version())
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
                let _turn = self.turn.read().await;
                self.take_out(ids).await?;
                return Ok(self.store.remove(removal).await?);
            }
            Removal::Author { user_id, guild_id, until } => {
                let written = Filter { authors: vec![user_id.clone()], ..Filter::everything(guild_id.clone()) };
                self.sweep(&written, |message| message.user_id == *user_id && message.timestamp <= *until).await?;
            }
            // Contexts never reach beyond their channel.
            Removal::Channel(_) | Removal::Guild { .. } => {}
        }
        let _turn = self.turn.write().await;
        Ok(self.store.remove(removal).await?)
    }

    /// Takes these messages out of the contexts of all others.
    async fn take_out(&self, ids: &[MessageId]) -> Result<(), IndexError> {
        let stored = self.store.get(ids).await?;
        self.rewrite_without(&stored, |message| ids.contains(&message.message_id)).await
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
        let mut channel_context = ChannelContext::around(&*self.store, gone).await?;
        channel_context.retain(|message| !is_gone(message) && self.admits(message));
        let dependents = channel_context.dependents(gone);
        match self.write(&channel_context, &dependents, self.embedder.as_deref()).await {
            // Better found by words alone for a while than by a text that is to be forgotten.
            Err(IndexError::Embed(error)) => {
                tracing::warn!(%error, messages = dependents.len(), "storing contexts without vectors");
                self.write(&channel_context, &dependents, None).await?;
            }
            written => drop(written?),
        }
        Ok(())
    }

    /// Embeds (where there is an embedder) and stores these messages in the context of the timeline. Returns the ids of those that
    /// were removed earlier and stay so.
    async fn write<'a>(
        &self,
        channel_context: &ChannelContext,
        messages: impl IntoIterator<Item = &'a ChatMessage>,
        embedder: Option<&dyn Embedder>,
    ) -> Result<Vec<MessageId>, IndexError> {
        let indexed = self.indexed(channel_context, messages, embedder).await?;
        if indexed.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.upsert(indexed).await?)
    }

    /// Messages with the texts, in the context of the timeline, and the vectors that they are found by.
    async fn indexed<'a>(
        &self,
        channel_context: &ChannelContext,
        messages: impl IntoIterator<Item = &'a ChatMessage>,
        embedder: Option<&dyn Embedder>,
    ) -> Result<Vec<IndexedMessage>, EmbedError> {
        let messages: Vec<ChatMessage> = messages.into_iter().cloned().collect();
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let found_by: Vec<IndexDocument> = messages.iter().map(|message| channel_context.findable(message)).collect();
        let vectors: Vec<Option<Vec<f32>>> = match embedder {
            Some(embedder) => vectors::in_context(embedder, &found_by).await?,
            None => vec![None; found_by.len()],
        };
        let words: Vec<IndexText> = found_by.into_iter().map(|found_by| found_by.words).collect();
        let indexed = messages.into_iter().zip(words).zip(vectors);
        let indexed = indexed.map(|((message, index_text), vector)| IndexedMessage { message, index_text, vector });
        Ok(indexed.collect())
    }
}

/// The messages among these steps that have files.
fn carriers(steps: &[IndexStep]) -> BTreeSet<MessageId> {
    let stored = steps.iter().flat_map(|step| match step {
        IndexStep::Store(messages) => messages.as_slice(),
        IndexStep::Remove(_) => &[],
    });
    stored.filter(|message| !message.attachments.is_empty()).map(|message| message.message_id.clone()).collect()
}

/// Whether a message is known as it is told now. Read by REST it has the account's name instead of the nickname, and the
/// addresses of its files are signed anew: neither is news of the same version.
fn says_the_same(known: &ChatMessage, told: &ChatMessage) -> bool {
    let mut told = told.clone();
    told.username.clone_from(&known.username);
    for (file, known) in told.attachments.iter_mut().zip(&known.attachments) {
        file.url.clone_from(&known.url);
    }
    *known == told
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
