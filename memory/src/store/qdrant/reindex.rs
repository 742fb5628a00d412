//! Finds and restores stale messages. Each embedder has its own collection with all messages, so this store takes messages
//! that it lacks, or newer versions, from the other embedders' collections.

use super::{
    QdrantStore,
    client::store_error,
    collection::field,
    filter::{messages_only, one_of},
    point::{self, STALE},
};
use crate::store::{
    FileId, FilePassage, IndexedMessage, KeptFile, StaleMessage, StalePage, StoreError,
    file::{file_key, has_file},
    stale::INDEX_VERSION,
};
use qdrant_client::{
    Payload,
    qdrant::{
        Condition, Filter, GetPointsBuilder, PayloadIncludeSelector, PointId, ScrollPointsBuilder,
        SetPayloadPointsBuilder,
    },
};
use rtfm_shared::event::{ChatMessage, MessageId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The maximum number of passages in one response.
const PASSAGES: u32 = 1_000;

/// A stored message with its index version.
type StoredVersion = (ChatMessage, i64);

impl QdrantStore {
    /// The message collections of the other embedders.
    async fn other_collections(&self) -> Result<Vec<String>, StoreError> {
        let mut all = self.names.every_embedder(&self.client).await?;
        all.retain(|name| *name != self.names.messages);
        Ok(all)
    }

    pub(super) async fn stale_page(&self, after: Option<&MessageId>, limit: usize) -> Result<StalePage, StoreError> {
        let from = after.and_then(MessageId::snowflake).map_or(Some(0), |after| after.checked_add(1));
        let Some(from) = from else { return Ok(StalePage::default()) };
        let others = self.other_collections().await?;
        let own: BTreeMap<u64, StoredVersion> = self.stored_page(&self.names.messages, from, limit).await?;
        let mut newest: BTreeMap<u64, ChatMessage> = BTreeMap::new();
        // The last id up to which every collection has been read.
        let mut until = last_id(&own, limit);
        for other in &others {
            let stored = self.stored_page(other, from, limit).await?;
            until = until.min(last_id(&stored, limit));
            for (id, (message, _)) in stored {
                if newest.get(&id).is_none_or(|newest| newest.version() < message.version()) {
                    newest.insert(id, message);
                }
            }
        }
        for (id, (message, _)) in &own {
            if newest.get(id).is_none_or(|other| other.version() <= message.version()) {
                newest.insert(*id, message.clone());
            }
        }
        newest.retain(|id, _| *id <= until);
        let mut files = self.missing_files(&others, newest.values()).await?;
        let mut page = StalePage { looked_at: newest.len() as u64, ..StalePage::default() };
        page.next = (until < u64::MAX).then(|| until.into());
        for (id, message) in newest {
            let stored = own.get(&id);
            let is_news = stored.is_none_or(|(stored, _)| stored.version() < message.version());
            let is_other_index = stored.is_some_and(|(_, index_version)| *index_version != INDEX_VERSION);
            let mut files = files.remove(&id).unwrap_or_default();
            if is_other_index && !message.attachments.is_empty() {
                let own = self.files_in(&self.names.messages, id).await?;
                files.extend(own.into_iter().filter(|file| has_file(&message, &file.key)));
            }
            if is_news || is_other_index || !files.is_empty() {
                page.messages.push(StaleMessage { message, is_news, files });
            }
        }
        Ok(page)
    }

    /// Up to `limit` messages of a collection with a snowflake of at least `from`.
    async fn stored_page(
        &self,
        collection: &str,
        from: u64,
        limit: usize,
    ) -> Result<BTreeMap<u64, StoredVersion>, StoreError> {
        let payload = PayloadIncludeSelector { fields: vec![field::BODY.to_owned(), field::INDEX_VERSION.to_owned()] };
        let request = ScrollPointsBuilder::new(collection)
            .filter(Filter::must([messages_only()]))
            .offset(PointId::from(from))
            .limit(u32::try_from(limit).unwrap_or(u32::MAX))
            .with_payload(payload)
            .with_vectors(false);
        let found = self.client.scroll(request).await.map_err(store_error)?.result;
        let numbered = found.into_iter().filter_map(|found| Some((point::number(found.id.as_ref())?, found)));
        numbered
            .map(|(id, found)| Ok((id, (point::message(&found.payload)?, point::index_version(&found.payload)))))
            .collect()
    }

    /// The files of these messages that other collections have and this store lacks.
    async fn missing_files<'a>(
        &self,
        others: &[String],
        messages: impl Iterator<Item = &'a ChatMessage>,
    ) -> Result<HashMap<u64, Vec<KeptFile>>, StoreError> {
        let with_files: Vec<ChatMessage> =
            messages.filter(|message| !message.attachments.is_empty()).cloned().collect();
        let mut files: HashMap<u64, Vec<KeptFile>> = HashMap::new();
        if with_files.is_empty() || others.is_empty() {
            return Ok(files);
        }
        let own: HashSet<FileId> = self.stored_files(&with_files).await?.into_iter().collect();
        for message in with_files {
            let mut keys = message.attachments.iter().map(|file| file_key(file).to_owned());
            if keys.all(|key| own.contains(&(message.message_id.clone(), key))) {
                continue;
            }
            let id = point::snowflake(&message.message_id)?;
            for other in others {
                for file in self.files_in(other, id).await? {
                    let is_stored = own.contains(&(message.message_id.clone(), file.key.clone()));
                    let found = files.entry(id).or_default();
                    if !is_stored && has_file(&message, &file.key) && found.iter().all(|found| found.key != file.key) {
                        found.push(file);
                    }
                }
            }
        }
        Ok(files)
    }

    async fn files_in(&self, collection: &str, message: u64) -> Result<Vec<KeptFile>, StoreError> {
        let of_message = Filter::must([one_of(field::MESSAGE, [message.to_string().as_str()])]);
        let request = ScrollPointsBuilder::new(collection).filter(of_message).limit(PASSAGES).with_vectors(false);
        let mut request = request.with_payload(super::read::body());
        let mut files: BTreeMap<(String, String), BTreeMap<u32, String>> = BTreeMap::new();
        loop {
            let page = self.client.scroll(request.clone()).await.map_err(store_error)?;
            for found in page.result {
                let FilePassage { key, file, place, text } = point::passage(&found.payload)?;
                files.entry((key, file)).or_default().insert(place, text);
            }
            match page.next_page_offset {
                Some(next) => request = request.offset(next),
                None => break,
            }
        }
        Ok(files
            .into_iter()
            .map(|((key, name), passages)| KeptFile { key, name, passages: passages.into_values().collect() })
            .collect())
    }

    /// Stores the messages that this store already has, or that another embedder's collection still has.
    pub(super) async fn reindex_stored(&self, messages: &[IndexedMessage]) -> Result<(), StoreError> {
        let ids: Vec<u64> =
            messages.iter().map(|indexed| point::snowflake(&indexed.message.message_id)).collect::<Result<_, _>>()?;
        let stored: HashSet<u64> = self.fetch_numbers(ids.clone()).await?.into_iter().map(|(id, _)| id).collect();
        self.store_all(messages).await?;
        // Deletes again the messages that a removal took from every collection while they were being embedded.
        let mut removed: HashSet<u64> = ids.iter().copied().filter(|id| !stored.contains(id)).collect();
        for other in self.other_collections().await? {
            if removed.is_empty() {
                break;
            }
            let wanted: Vec<PointId> = removed.iter().map(|id| PointId::from(*id)).collect();
            let request = GetPointsBuilder::new(other, wanted).with_payload(false).with_vectors(false);
            for found in self.client.get_points(request).await.map_err(store_error)?.result {
                if let Some(id) = point::number(found.id.as_ref()) {
                    removed.remove(&id);
                }
            }
        }
        self.delete_with_files(&removed).await
    }

    /// Marks these messages as stale in the other embedders' collections, which have other versions or contexts of them.
    pub(super) async fn mark_stale_elsewhere(&self, ids: &[u64]) -> Result<(), StoreError> {
        for other in self.other_collections().await? {
            let mut stale = Payload::new();
            stale.insert(field::INDEX_VERSION, STALE);
            let these = Filter::must([Condition::has_id(ids.iter().copied())]);
            let request = SetPayloadPointsBuilder::new(other, stale).points_selector(these).wait(true);
            self.client.set_payload(request).await.map_err(store_error)?;
        }
        Ok(())
    }

    pub(super) async fn drop_other_collections(&self) -> Result<Vec<String>, StoreError> {
        let others = self.other_collections().await?;
        for other in &others {
            self.client.delete_collection(other).await.map_err(store_error)?;
        }
        Ok(others)
    }
}

/// The last id that a page covers: its last message's when the page is full, otherwise the maximum.
fn last_id(page: &BTreeMap<u64, StoredVersion>, limit: usize) -> u64 {
    match page.last_key_value() {
        Some((last, _)) if page.len() >= limit => *last,
        _ => u64::MAX,
    }
}
