//! Stores and removes messages.
//!
//! Concurrent upserts: the bus gives a message's events to one consumer at a time, but a stalled consumer can continue
//! after another took over its partition. The server therefore compares versions within each write.
//!
//! An upsert beside a removal: the removal writes its tombstone before it deletes, and the upsert checks for tombstones
//! before and after it writes. The message is gone in either order.

use super::{
    QdrantStore,
    client::store_error,
    collection::field,
    filter::{one_of, with_files},
    point::{self, STALE, removed_channel, removed_message},
    replace::{BATCH, Replacement},
};
use crate::store::{EmbeddingSpace, INDEX_VERSION, IndexedMessage, Removal, StoreError, instant::microseconds};
use qdrant_client::{
    Payload,
    qdrant::{
        Condition, DeletePointsBuilder, Filter, GetPointsBuilder, NamedVectors, PointId, PointStruct, Range,
        UpsertPointsBuilder,
    },
};
use rtfm_shared::event::{ChatMessage, MessageId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The newest version of each message to store, by snowflake.
type Newest<'a> = BTreeMap<u64, &'a IndexedMessage>;

fn messages_of<'a>(batch: &'a Newest<'_>) -> impl Iterator<Item = (u64, &'a ChatMessage)> {
    batch.iter().map(|(snowflake, indexed)| (*snowflake, &indexed.message))
}

impl QdrantStore {
    /// Stores messages, and marks them as stale in the other embedders' collections, which have other versions or
    /// contexts of them. Returns the permanently removed messages, which it skips.
    pub(super) async fn store(&self, messages: &[IndexedMessage]) -> Result<Vec<MessageId>, StoreError> {
        let skipped = self.store_all(messages).await?;
        let ids: Vec<u64> = messages.iter().filter_map(|indexed| indexed.message.message_id.snowflake()).collect();
        for batch in ids.chunks(BATCH) {
            self.mark_stale_elsewhere(batch).await?;
        }
        Ok(skipped)
    }

    /// Stores messages in this store's collection only. Returns the permanently removed messages, which it skips.
    pub(super) async fn store_all(&self, messages: &[IndexedMessage]) -> Result<Vec<MessageId>, StoreError> {
        let mut newest = Newest::new();
        for indexed in messages {
            let snowflake = point::snowflake(&indexed.message.message_id)?;
            self.accept(indexed.vector.as_deref())?;
            let newest = newest.entry(snowflake).or_insert(indexed);
            if indexed.message.version() >= newest.message.version() {
                *newest = indexed;
            }
        }
        let mut skipped: Vec<MessageId> = Vec::new();
        let all: Vec<(u64, &IndexedMessage)> = newest.into_iter().collect();
        for batch in all.chunks(BATCH) {
            let batch: Newest<'_> = batch.iter().copied().collect();
            let removed = self.tombstones_of(messages_of(&batch)).await?;
            let live = batch.iter().filter(|(snowflake, _)| !removed.contains(snowflake));
            let live: Newest<'_> = live.map(|(snowflake, indexed)| (*snowflake, *indexed)).collect();
            self.store_newer(&live).await?;
            self.delete_detached_files(messages_of(&live)).await?;
            let removed_meanwhile = self.tombstones_of(messages_of(&live)).await?;
            self.delete_with_files(&removed_meanwhile).await?;
            let dead = batch.iter().filter(|(id, _)| removed.contains(id) || removed_meanwhile.contains(id));
            skipped.extend(dead.map(|(_, indexed)| indexed.message.message_id.clone()));
        }
        Ok(skipped)
    }

    /// Checks a vector, see [`EmbeddingSpace::accept`]; `None` in a store without vectors.
    pub(super) fn accept<'a>(&self, vector: Option<&'a [f32]>) -> Result<Option<&'a [f32]>, StoreError> {
        self.space.as_ref().map_or(Ok(None), |space: &EmbeddingSpace| space.accept(vector))
    }

    pub(super) async fn removed(&self, messages: &[ChatMessage]) -> Result<Vec<MessageId>, StoreError> {
        let mut all_removed = Vec::new();
        for batch in messages.chunks(BATCH) {
            let batch: BTreeMap<u64, &ChatMessage> = batch
                .iter()
                .map(|message| Ok((point::snowflake(&message.message_id)?, message)))
                .collect::<Result<_, StoreError>>()?;
            let removed = self.tombstones_of(batch.iter().map(|(snowflake, message)| (*snowflake, *message))).await?;
            let removed = batch.iter().filter(|(snowflake, _)| removed.contains(snowflake));
            all_removed.extend(removed.map(|(_, message)| message.message_id.clone()));
        }
        Ok(all_removed)
    }

    /// The messages that a tombstone covers: their own, their channel's, their thread's, or their thread's parent
    /// channel's.
    pub(super) async fn tombstones_of<'a>(
        &self,
        messages: impl Iterator<Item = (u64, &'a ChatMessage)>,
    ) -> Result<HashSet<u64>, StoreError> {
        let mut covered: HashMap<PointId, Vec<u64>> = HashMap::new();
        for (snowflake, message) in messages {
            let places = [Some(&message.channel_id), message.thread_id.as_ref(), message.parent_id.as_ref()];
            let tombstones = places.into_iter().flatten().map(removed_channel).chain([removed_message(snowflake)]);
            for tombstone in tombstones {
                covered.entry(tombstone).or_default().push(snowflake);
            }
        }
        if covered.is_empty() {
            return Ok(HashSet::new());
        }
        let ids: Vec<PointId> = covered.keys().cloned().collect();
        let request = GetPointsBuilder::new(&self.names.removed, ids).with_payload(false).with_vectors(false);
        let found = self.client.get_points(request).await.map_err(store_error)?.result;
        let removed = found.into_iter().filter_map(|point| covered.get(&point.id?));
        Ok(removed.flatten().copied().collect())
    }

    /// Stores the messages whose stored version is not newer. The server compares versions within the write, because this
    /// process can stall between a read and its write while another one takes over.
    async fn store_newer(&self, batch: &Newest<'_>) -> Result<(), StoreError> {
        let replacement = |(snowflake, indexed): (&u64, &&IndexedMessage)| {
            let until = Some(microseconds(indexed.message.version()) as f64);
            let version = Condition::range(field::VERSION, Range { lte: until, ..Range::default() });
            let vector = self.accept(indexed.vector.as_deref())?;
            // Reindexing tries again to embed a message that lacks its vector.
            let index_version = if vector.is_none() && self.space.is_some() { STALE } else { INDEX_VERSION };
            Ok(Replacement {
                point: point::point(*snowflake, indexed, vector, index_version)?,
                replaceable: Filter::must([Condition::has_id([*snowflake]), version]).into(),
                has_dense: vector.is_some(),
            })
        };
        self.replace(batch.iter().map(replacement).collect::<Result<_, StoreError>>()?).await
    }

    /// Writes tombstones for permanent removals, then deletes from every embedder's collection.
    pub(super) async fn apply_removal(&self, removal: &Removal) -> Result<(), StoreError> {
        // The server requires a vectors field even in points without vectors.
        let tombstone = |id: PointId| PointStruct::new(id, NamedVectors::default(), Payload::new());
        let (tombstones, filter): (Vec<PointStruct>, Filter) = match removal {
            Removal::Messages(ids) => {
                let snowflakes: Vec<u64> = ids.iter().filter_map(MessageId::snowflake).collect();
                let tombstones = snowflakes.iter().map(|id| tombstone(removed_message(*id))).collect();
                (tombstones, Filter::should(with_files(&snowflakes)))
            }
            Removal::Unlisted(ids) => {
                let snowflakes: Vec<u64> = ids.iter().filter_map(MessageId::snowflake).collect();
                (Vec::new(), Filter::should(with_files(&snowflakes)))
            }
            Removal::Channel(id) => {
                let inside = [field::CHANNEL, field::THREAD, field::PARENT].map(|field| one_of(field, [id.as_str()]));
                (vec![tombstone(removed_channel(id))], Filter::should(inside))
            }
            Removal::Author { user_id, guild_id, until } => {
                let guild = guild_id.as_ref().map(|guild| one_of(field::GUILD, [guild.as_str()]));
                let author = [one_of(field::USER, [user_id.as_str()]), written_until(*until)];
                (Vec::new(), Filter::must(author.into_iter().chain(guild)))
            }
            Removal::Guild { guild_id, until } => {
                (Vec::new(), Filter::must([one_of(field::GUILD, [guild_id.as_str()]), written_until(*until)]))
            }
        };
        // Returns early without ids, because an empty filter could match everything.
        if let Removal::Messages(ids) | Removal::Unlisted(ids) = removal
            && ids.iter().all(|id| id.snowflake().is_none())
        {
            return Ok(());
        }
        for batch in tombstones.chunks(BATCH) {
            let request = UpsertPointsBuilder::new(&self.names.removed, batch).wait(true);
            self.client.upsert_points(request).await.map_err(store_error)?;
        }
        for collection in self.names.every_embedder(&self.client).await? {
            let request = DeletePointsBuilder::new(collection).points(filter.clone()).wait(true);
            self.client.delete_points(request).await.map_err(store_error)?;
        }
        Ok(())
    }

    pub(super) async fn delete_with_files(&self, snowflakes: &HashSet<u64>) -> Result<(), StoreError> {
        if snowflakes.is_empty() {
            return Ok(());
        }
        let snowflakes: Vec<u64> = snowflakes.iter().copied().collect();
        self.delete(Filter::should(with_files(&snowflakes))).await
    }

    /// Deletes the points that match the filter from this store's collection.
    pub(super) async fn delete(&self, filter: Filter) -> Result<(), StoreError> {
        let request = DeletePointsBuilder::new(&self.names.messages).points(filter).wait(true);
        self.client.delete_points(request).await.map_err(store_error)?;
        Ok(())
    }
}

fn written_until(until: jiff::Timestamp) -> Condition {
    let range = Range { lte: Some(microseconds(until) as f64), ..Range::default() };
    Condition::range(field::WRITTEN_AT, range)
}
