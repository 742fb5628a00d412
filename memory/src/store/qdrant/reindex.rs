//! Finding what is to be indexed anew. Each embedder has a collection of its own with everything in it, so what this store
//! does not have, or has as it was before an edit, comes from the others.

use super::{
    QdrantStore,
    client::store_error,
    collection::field,
    filter::{messages_only, one_of},
    point,
};
use crate::store::{
    FilePassage, IndexedMessage, KeptFile, StaleMessage, StalePage, StoreError,
    file::{file_key, has_file},
    stale::INDEX_VERSION,
};
use qdrant_client::{
    Payload,
    qdrant::{
        Condition, Filter, GetPointsBuilder, PayloadIncludeSelector, PointId, RetrievedPoint, ScrollPointsBuilder,
        SetPayloadPointsBuilder,
    },
};
use rtfm_shared::event::{ChatMessage, MessageId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Passages in one answer.
const PASSAGES: u32 = 1_000;

/// A message, and the rules that it was indexed by.
type StoredVersion = (ChatMessage, i64);

impl QdrantStore {
    /// The collections of other embedders.
    async fn others(&self) -> Result<Vec<String>, StoreError> {
        let mut all = self.names.every_embedder(&self.client).await?;
        all.retain(|name| *name != self.names.messages);
        Ok(all)
    }

    pub(super) async fn outdated_page(&self, after: Option<&MessageId>, limit: usize) -> Result<StalePage, StoreError> {
        let from = after.and_then(MessageId::snowflake).map_or(Some(0), |after| after.checked_add(1));
        let Some(from) = from else { return Ok(StalePage::default()) };
        let others = self.others().await?;
        let own: BTreeMap<u64, StoredVersion> = self.kept(&self.names.messages, from, limit).await?;
        let mut newest: BTreeMap<u64, ChatMessage> = BTreeMap::new();
        // How far every collection was read.
        let mut until = end(&own, limit);
        for other in &others {
            let kept = self.kept(other, from, limit).await?;
            until = until.min(end(&kept, limit));
            for (id, (message, _)) in kept {
                if newest.get(&id).is_none_or(|known| known.version() < message.version()) {
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
        let mut files = self.files_of_others(&others, newest.values()).await?;
        let mut page = StalePage { looked_at: newest.len() as u64, ..StalePage::default() };
        page.next = (until < u64::MAX).then(|| until.into());
        for (id, message) in newest {
            let kept = own.get(&id);
            let is_news = kept.is_none_or(|(kept, _)| kept.version() < message.version());
            let files = files.remove(&id).unwrap_or_default();
            if is_news || kept.is_some_and(|(_, index_version)| *index_version != INDEX_VERSION) || !files.is_empty() {
                page.messages.push(StaleMessage { message, is_news, files });
            }
        }
        Ok(page)
    }

    /// The messages of a collection from a snowflake on.
    async fn kept(
        &self,
        collection: &str,
        from: u64,
        limit: usize,
    ) -> Result<BTreeMap<u64, StoredVersion>, StoreError> {
        let shown = PayloadIncludeSelector { fields: vec![field::BODY.to_owned(), field::INDEX_VERSION.to_owned()] };
        let request = ScrollPointsBuilder::new(collection)
            .filter(Filter::must([messages_only()]))
            .offset(PointId::from(from))
            .limit(u32::try_from(limit).unwrap_or(u32::MAX))
            .with_payload(shown)
            .with_vectors(false);
        let found = self.client.scroll(request).await.map_err(store_error)?.result;
        let kept = found.into_iter().filter_map(|found| Some((point::number(found.id.as_ref())?, found)));
        kept.map(|(id, found)| Ok((id, (point::message(&found.payload)?, point::index_version(&found.payload)))))
            .collect()
    }

    /// The files of these messages that others have and this store has not.
    async fn files_of_others<'a>(
        &self,
        others: &[String],
        messages: impl Iterator<Item = &'a ChatMessage>,
    ) -> Result<HashMap<u64, Vec<KeptFile>>, StoreError> {
        let carriers: Vec<ChatMessage> = messages.filter(|message| !message.attachments.is_empty()).cloned().collect();
        let mut files: HashMap<u64, Vec<KeptFile>> = HashMap::new();
        if carriers.is_empty() || others.is_empty() {
            return Ok(files);
        }
        let own: HashSet<(MessageId, String)> = self.stored_files(&carriers).await?.into_iter().collect();
        for message in carriers {
            let lacking = message.attachments.iter().map(file_key);
            if lacking.map(str::to_owned).all(|key| own.contains(&(message.message_id.clone(), key))) {
                continue;
            }
            let id = point::snowflake(&message.message_id)?;
            for other in others {
                for file in self.files_in(other, id).await? {
                    let known = own.contains(&(message.message_id.clone(), file.key.clone()));
                    let found = files.entry(id).or_default();
                    if !known && has_file(&message, &file.key) && found.iter().all(|found| found.key != file.key) {
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
        let request = request.with_payload(super::read::body());
        let found: Vec<RetrievedPoint> = self.client.scroll(request).await.map_err(store_error)?.result;
        let mut files: BTreeMap<(String, String), BTreeMap<u32, String>> = BTreeMap::new();
        for found in found {
            let FilePassage { key, file, place, text } = point::passage(&found.payload)?;
            files.entry((key, file)).or_default().insert(place, text);
        }
        let kept = files.into_iter();
        Ok(kept
            .map(|((key, name), passages)| KeptFile { key, name, passages: passages.into_values().collect() })
            .collect())
    }

    /// Stores messages that are still kept by another embedder, or were here before.
    pub(super) async fn renew_kept(&self, messages: &[IndexedMessage]) -> Result<(), StoreError> {
        let ids: Vec<u64> =
            messages.iter().map(|indexed| point::snowflake(&indexed.message.message_id)).collect::<Result<_, _>>()?;
        let here: HashSet<u64> = self.fetch_numbers(ids.clone()).await?.into_iter().map(|(id, _)| id).collect();
        self.store_all(messages).await?;
        // What was removed everywhere while it was being embedded does not come back.
        let mut gone: HashSet<u64> = ids.iter().copied().filter(|id| !here.contains(id)).collect();
        for other in self.others().await? {
            if gone.is_empty() {
                break;
            }
            let asked: Vec<PointId> = gone.iter().map(|id| PointId::from(*id)).collect();
            let request = GetPointsBuilder::new(other, asked).with_payload(false).with_vectors(false);
            for found in self.client.get_points(request).await.map_err(store_error)?.result {
                if let Some(id) = point::number(found.id.as_ref()) {
                    gone.remove(&id);
                }
            }
        }
        self.delete_with_files(&gone).await
    }

    /// Tells the collections of other embedders that what they have of these messages, or of their contexts, is outdated.
    pub(super) async fn outdate_elsewhere(&self, ids: &[u64]) -> Result<(), StoreError> {
        for other in self.others().await? {
            let mut outdated = Payload::new();
            outdated.insert(field::INDEX_VERSION, 0);
            let these = Filter::must([Condition::has_id(ids.iter().copied())]);
            let request = SetPayloadPointsBuilder::new(other, outdated).points_selector(these).wait(true);
            self.client.set_payload(request).await.map_err(store_error)?;
        }
        Ok(())
    }

    pub(super) async fn forget_other_collections(&self) -> Result<Vec<String>, StoreError> {
        let others = self.others().await?;
        for other in &others {
            self.client.delete_collection(other).await.map_err(store_error)?;
        }
        Ok(others)
    }
}

/// How far a page reaches: to its last message when there may be more.
fn end(kept: &BTreeMap<u64, StoredVersion>, limit: usize) -> u64 {
    match kept.last_key_value() {
        Some((last, _)) if kept.len() >= limit => *last,
        _ => u64::MAX,
    }
}
