//! The index pipeline: `discord-messages` → store. Each message is stored under its snowflake with its index text and
//! vector. Edits, deletions and requests to forget also update the contexts that include the message.
//!
//! Every operation is idempotent, because the bus delivers at least once.

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
use rtfm_memory::store::{Filter, IndexText, IndexedMessage, MessageStore, Removal, StoreError};
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
pub(crate) use vectors::WITHOUT_VECTOR;

/// The index pipeline. Clones share their state.
#[derive(Clone, Debug)]
pub struct IndexPipeline {
    store: Arc<dyn MessageStore>,
    embedder: Option<Arc<dyn Embedder>>,
    policy: Option<VisibilityPolicy>,
    /// Read access is for writes within a channel, whose events arrive in order. Write access is for sweeps across
    /// channels, which would otherwise miss a message that is being stored.
    write_lock: Arc<RwLock<()>>,
    files: Option<Arc<FileReader>>,
}

impl IndexPipeline {
    /// Creates a pipeline into `store`. Without an embedder, only their words find messages.
    pub fn new(store: Arc<dyn MessageStore>, embedder: Option<Arc<dyn Embedder>>) -> Self {
        Self { store, embedder, policy: None, write_lock: Arc::default(), files: None }
    }

    /// Makes the pipeline reject messages that their author or guild excludes.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.policy = Some(VisibilityPolicy::new(settings));
        self
    }

    /// Makes the pipeline read files on messages.
    #[must_use]
    pub fn with_files(self, reader: Option<FileReader>) -> Self {
        Self { files: reader.map(Arc::new), ..self }
    }

    /// Applies these events to the store in order. All of them are durable when it returns.
    pub async fn apply(&self, events: impl IntoIterator<Item = &MessageEvent>) -> Result<(), IndexError> {
        let steps = changes::steps(events);
        let with_files = messages_with_files(&steps);
        let mut steps = steps.into_iter();
        while let Some(step) = steps.next() {
            match step {
                IndexStep::Store(messages) => {
                    if let Err(error) = self.store_admitted(messages).await {
                        self.remove_early(steps).await;
                        return Err(error);
                    }
                }
                IndexStep::Remove(removal) => self.remove(&removal).await?,
            }
        }
        // Files come last, so that no deletion in the batch waits for a download.
        self.read_files(&with_files).await
    }

    /// Applies the remaining removals of a batch whose storing failed, because a deleted message must not stay
    /// quotable while an embedder is down. The batch is retried as a whole, which repeats these removals in order.
    async fn remove_early(&self, steps: impl Iterator<Item = IndexStep>) {
        for step in steps {
            if let IndexStep::Remove(removal @ (Removal::Messages(_) | Removal::Channel(_))) = step
                && let Err(error) = self.remove(&removal).await
            {
                tracing::warn!(%error, "failed to apply a removal early, it is retried with the batch");
            }
        }
    }

    /// Stores the messages that the policy admits and removes the others: an edit can arrive after its author's
    /// decision.
    async fn store_admitted(&self, messages: Vec<ChatMessage>) -> Result<(), IndexError> {
        let _lock = self.write_lock.read().await;
        let (admitted, excluded): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| self.admits(message));
        if !excluded.is_empty() {
            let ids: Vec<MessageId> = excluded.into_iter().map(|message| message.message_id).collect();
            self.remove_from_contexts(&ids).await?;
            self.store.remove(&Removal::Unlisted(ids)).await?;
        }
        self.store(admitted).await
    }

    /// Whether the message's author and guild allow storing it.
    fn admits(&self, message: &ChatMessage) -> bool {
        self.policy.as_ref().is_none_or(|policy| policy.admits(message))
    }

    async fn store(&self, messages: Vec<ChatMessage>) -> Result<(), IndexError> {
        let changed = self.changed_messages(messages).await?;
        if changed.is_empty() {
            return Ok(());
        }
        let mut channel_context = ChannelContext::around(&*self.store, &changed).await?;
        changed.iter().cloned().for_each(|message| channel_context.put(message));
        channel_context.retain(|message| self.admits(message));
        let dependents = channel_context.dependents(&changed);
        let written = || changed.iter().chain(&dependents);
        let refused = self.write(&channel_context, written(), self.embedder.as_deref()).await?;
        // A context message can be removed while this batch is stored. The removing side reindexes contexts after its
        // removal too, so that one of the two sides updates them.
        let mut gone = self.no_longer_stored(channel_context.context_messages(written()), &changed).await?;
        gone.extend(changed.into_iter().filter(|message| refused.contains(&message.message_id)));
        let ids: BTreeSet<MessageId> = gone.iter().map(|message| message.message_id.clone()).collect();
        self.rewrite_without(&gone, |message| ids.contains(&message.message_id)).await
    }

    /// The given messages that are no longer in the store; `just_stored` is not looked up.
    async fn no_longer_stored(
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

    /// The newest version of each message that differs from the store. Redeliveries and repeated imports end here,
    /// before anything is embedded again.
    async fn changed_messages(&self, messages: Vec<ChatMessage>) -> Result<Vec<ChatMessage>, IndexError> {
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
        let is_changed = |message: &ChatMessage| {
            stored
                .get(&message.message_id)
                .is_none_or(|known| !has_same_content(known, message) && known.version() <= message.version())
        };
        let changed: Vec<ChatMessage> = newest.into_values().filter(is_changed).collect();
        // A repeated import can bring back removed messages. They must reach neither the embedder nor a context.
        let removed = self.store.removed_among(&changed).await?;
        Ok(changed.into_iter().filter(|message| !removed.contains(&message.message_id)).collect())
    }

    async fn remove(&self, removal: &Removal) -> Result<(), IndexError> {
        // Contexts come first: if the process died after removing the messages, their contexts could no longer be
        // determined.
        match removal {
            Removal::Messages(ids) | Removal::Unlisted(ids) => {
                let _lock = self.write_lock.read().await;
                self.remove_from_contexts(ids).await?;
                return Ok(self.store.remove(removal).await?);
            }
            Removal::Author { user_id, guild_id, until } => {
                let written = Filter { authors: vec![user_id.clone()], ..Filter::everything(guild_id.clone()) };
                self.sweep(&written, |message| message.user_id == *user_id && message.timestamp <= *until).await?;
            }
            // Contexts never cross channels, so they go with their channel.
            Removal::Channel(_) | Removal::Guild { .. } => {}
        }
        let _lock = self.write_lock.write().await;
        Ok(self.store.remove(removal).await?)
    }

    /// Reindexes the messages whose contexts include these, without them.
    async fn remove_from_contexts(&self, ids: &[MessageId]) -> Result<(), IndexError> {
        let stored = self.store.get(ids).await?;
        self.rewrite_without(&stored, |message| ids.contains(&message.message_id)).await
    }

    /// Reindexes the messages whose context includes `gone`, with contexts that exclude every message that `is_gone`.
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
            // A missing vector for a while is better than a vector of a forgotten text.
            Err(IndexError::Embed(error)) => {
                tracing::warn!(%error, messages = dependents.len(), "storing contexts without their vectors");
                self.write(&channel_context, &dependents, None).await?;
            }
            written => drop(written?),
        }
        Ok(())
    }

    /// Embeds these messages when an embedder is given, and stores them. Returns the ids of messages that an earlier
    /// removal still blocks.
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

    /// Builds the index text and vector of each message from its context.
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
        let documents: Vec<IndexDocument> =
            messages.iter().map(|message| channel_context.index_document(message)).collect();
        let vectors: Vec<Option<Vec<f32>>> = match embedder {
            Some(embedder) => vectors::message_vectors(embedder, &documents).await?,
            None => vec![None; documents.len()],
        };
        let lexical_texts: Vec<IndexText> = documents.into_iter().map(|document| document.lexical_text).collect();
        let indexed = messages.into_iter().zip(lexical_texts).zip(vectors);
        let indexed = indexed.map(|((message, index_text), vector)| IndexedMessage { message, index_text, vector });
        Ok(indexed.collect())
    }
}

/// The ids of the messages with files among these steps.
fn messages_with_files(steps: &[IndexStep]) -> BTreeSet<MessageId> {
    let stored = steps.iter().flat_map(|step| match step {
        IndexStep::Store(messages) => messages.as_slice(),
        IndexStep::Remove(_) => &[],
    });
    stored.filter(|message| !message.attachments.is_empty()).map(|message| message.message_id.clone()).collect()
}

/// Whether two copies of the same version are equal. REST returns the account's name instead of the nickname and
/// signs file addresses anew, so names and addresses do not count.
fn has_same_content(stored: &ChatMessage, incoming: &ChatMessage) -> bool {
    let mut incoming = incoming.clone();
    incoming.username.clone_from(&stored.username);
    for (file, stored) in incoming.attachments.iter_mut().zip(&stored.attachments) {
        file.url.clone_from(&stored.url);
    }
    *stored == incoming
}

/// Why a batch was not indexed.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A request to the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The embedder is unavailable or fails on every text.
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
impl Handler for IndexPipeline {
    type Item = MessageEvent;

    fn decode(&self, record: &Record) -> Result<MessageEvent, Failure> {
        Ok(Envelope::<MessageEvent>::decode(record)?.event)
    }

    /// One lane per partition: channels share batches, so that one write serves hundreds of messages.
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
