//! The passages of files: points beside their messages, with ids derived from message, file and place.
//!
//! Passages have no versions, so writes compare none. A write checks the message before and after, as for messages: a
//! concurrent removal of the message or the file wins in either order.

use super::{
    QdrantStore,
    client::store_error,
    collection::field,
    filter::one_of,
    point::{self, passage_id},
    replace::{BATCH, Replacement},
};
use crate::store::{
    FileId, FilePassage, IndexedFile, IndexedPassage, StoreError,
    file::{file_key, has_file},
};
use qdrant_client::qdrant::{Condition, Filter, GetPointsBuilder, PointId};
use rtfm_shared::event::ChatMessage;
use std::collections::{HashMap, HashSet};

impl QdrantStore {
    pub(super) async fn store_files(&self, files: &[IndexedFile]) -> Result<(), StoreError> {
        let mut attached = Vec::new();
        for file in files {
            file.passages.iter().try_for_each(|passage| self.accept(passage.vector.as_deref()).map(drop))?;
            attached.push((point::snowflake(&file.message.message_id)?, file));
        }
        let messages = self.live_messages(&attached).await?;
        attached
            .retain(|(snowflake, file)| messages.get(snowflake).is_some_and(|message| has_file(message, &file.key)));
        for (snowflake, file) in &attached {
            let Some(message) = messages.get(snowflake) else { continue };
            let passages = self.passages(*snowflake, message, file)?;
            // The file may be stored in more passages, as another version cut it.
            let mut others = of_file(*snowflake, &file.key);
            others.must_not.push(Condition::has_id(passages.iter().filter_map(|passage| passage.point.id.clone())));
            self.delete(others).await?;
            self.replace(passages).await?;
        }
        let messages = self.live_messages(&attached).await?;
        for (snowflake, file) in &attached {
            if messages.get(snowflake).is_none_or(|message| !has_file(message, &file.key)) {
                self.delete(of_file(*snowflake, &file.key)).await?;
            }
        }
        Ok(())
    }

    /// The points of a file's passages in reverse order. The first passage is written last, so its presence proves that
    /// the file is complete.
    fn passages(
        &self,
        snowflake: u64,
        message: &ChatMessage,
        file: &IndexedFile,
    ) -> Result<Vec<Replacement>, StoreError> {
        let replacement = |(place, indexed): (u32, &IndexedPassage)| {
            let (key, name, text) = (file.key.clone(), file.name.clone(), indexed.text.clone());
            let passage = FilePassage { key, file: name, place, text };
            let vector = self.accept(indexed.vector.as_deref())?;
            let point = point::passage_point(snowflake, message, &passage, indexed, vector)?;
            let replaceable = Condition::has_id(point.id.clone());
            Ok(Replacement { point, replaceable, has_dense: vector.is_some() })
        };
        let mut passages = (0..).zip(&file.passages).map(replacement).collect::<Result<Vec<_>, StoreError>>()?;
        passages.reverse();
        Ok(passages)
    }

    /// The stored messages of these files, without the permanently removed ones.
    async fn live_messages(&self, files: &[(u64, &IndexedFile)]) -> Result<HashMap<u64, ChatMessage>, StoreError> {
        let snowflakes: HashSet<u64> = files.iter().map(|(snowflake, _)| *snowflake).collect();
        let mut stored: HashMap<u64, ChatMessage> =
            self.fetch_numbers(snowflakes.into_iter().collect()).await?.into_iter().collect();
        let removed = self.tombstones_of(stored.iter().map(|(snowflake, message)| (*snowflake, message))).await?;
        stored.retain(|snowflake, _| !removed.contains(snowflake));
        Ok(stored)
    }

    pub(super) async fn stored_files(&self, messages: &[ChatMessage]) -> Result<Vec<FileId>, StoreError> {
        let mut wanted: HashMap<PointId, FileId> = HashMap::new();
        for message in messages {
            let snowflake = point::snowflake(&message.message_id)?;
            for key in message.attachments.iter().map(file_key) {
                wanted.insert(passage_id(snowflake, key, 0), (message.message_id.clone(), key.to_owned()));
            }
        }
        let ids: Vec<PointId> = wanted.keys().cloned().collect();
        let mut found = Vec::new();
        for page in ids.chunks(BATCH) {
            let request = GetPointsBuilder::new(&self.names.messages, page).with_payload(false).with_vectors(false);
            let points = self.client.get_points(request).await.map_err(store_error)?.result;
            found.extend(points.into_iter().filter_map(|point| wanted.remove(&point.id?)));
        }
        Ok(found)
    }

    /// Deletes the stored files that these versions of the messages no longer have. Only an edit can detach a file.
    pub(super) async fn delete_detached_files<'a>(
        &self,
        messages: impl Iterator<Item = (u64, &'a ChatMessage)>,
    ) -> Result<(), StoreError> {
        let edited = messages.filter(|(_, message)| message.edited_at.is_some());
        let detached: Vec<Condition> = edited
            .map(|(snowflake, message)| {
                let of_message = one_of(field::MESSAGE, [snowflake.to_string().as_str()]);
                let must_not = if message.attachments.is_empty() {
                    Vec::new()
                } else {
                    vec![one_of(field::FILE, message.attachments.iter().map(file_key))]
                };
                Filter { must: vec![of_message], must_not, ..Filter::default() }.into()
            })
            .collect();
        if detached.is_empty() {
            return Ok(());
        }
        self.delete(Filter::should(detached)).await
    }
}

/// Matches the passages of one file.
fn of_file(snowflake: u64, key: &str) -> Filter {
    Filter::must([one_of(field::MESSAGE, [snowflake.to_string().as_str()]), one_of(field::FILE, [key])])
}
