//! Indexes the files on messages. Messages are stored first; their files are read concurrently afterwards. A batch is
//! handled once each file is stored or skipped, so a crash in between loses none, and files that are already stored
//! are not fetched again.

use super::{IndexError, IndexPipeline, vectors::vectors};
use futures::{StreamExt, stream};
use rtfm_memory::{
    store::{FileId, IndexedFile, IndexedPassage, file_key},
    text::excerpt,
};
use rtfm_shared::{
    event::{Attachment, ChatMessage, MessageId},
    text::visible,
};
use std::collections::{BTreeSet, HashSet};

/// Files read at once per partition; each takes a few megabytes at most.
const AT_ONCE: usize = 8;

/// Characters of the message that are indexed with its file: a message often says what its file is about.
const MESSAGE_CHARS: usize = 200;

impl IndexPipeline {
    /// Reads the files of these messages as the store has them now, except files that are already stored.
    pub(super) async fn read_files(&self, ids: &BTreeSet<MessageId>) -> Result<(), IndexError> {
        let Some(reader) = self.files.as_deref() else { return Ok(()) };
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<MessageId> = ids.iter().cloned().collect();
        let mut messages = self.store.get(&ids).await?;
        messages.retain(|message| !message.attachments.is_empty() && self.admits(message));
        let known: HashSet<FileId> = self.store.attached(&messages).await?.into_iter().collect();
        let is_new = |message: &ChatMessage, file: &Attachment| {
            !known.contains(&(message.message_id.clone(), file_key(file).to_owned()))
        };
        let files = messages.iter().flat_map(|message| message.attachments.iter().map(move |file| (message, file)));
        let wanted = files.filter(|(message, file)| is_new(message, file));
        let wanted: Vec<(ChatMessage, Attachment)> =
            wanted.map(|(message, file)| (message.clone(), file.clone())).collect();
        let until = reader.end_of_batch();
        let mut readings = stream::iter(wanted)
            .map(|(message, file)| async move {
                let reading = reader.read(&message.message_id, &file, until).await;
                (message, file, reading)
            })
            .buffer_unordered(AT_ONCE);
        while let Some((message, file, reading)) = readings.next().await {
            // The author may have opted out while the file was read.
            if let Ok(reading) = reading
                && self.admits(&message)
            {
                self.attach_passages(message, file_key(&file), &file.filename, reading.passages).await?;
            }
        }
        Ok(())
    }

    /// Embeds the passages of a file when an embedder is configured, and stores them.
    pub(super) async fn attach_passages(
        &self,
        message: ChatMessage,
        key: &str,
        name: &str,
        passages: Vec<String>,
    ) -> Result<(), IndexError> {
        let about = format!("{}: {}", message.username, excerpt(&message.content, MESSAGE_CHARS));
        let texts = passages.iter().map(|passage| visible(&format!("{about}\n{name}\n{passage}")));
        let texts: Vec<String> = texts.collect();
        let vectors = match self.embedder.as_deref() {
            Some(embedder) => vectors(embedder, &texts).await?,
            None => vec![None; texts.len()],
        };
        let passages = passages.into_iter().zip(texts).zip(vectors);
        let file = IndexedFile {
            message,
            key: key.to_owned(),
            name: name.to_owned(),
            passages: passages
                .map(|((text, index_text), vector)| IndexedPassage { text, index_text: index_text.into(), vector })
                .collect(),
        };
        Ok(self.store.attach(vec![file]).await?)
    }
}
