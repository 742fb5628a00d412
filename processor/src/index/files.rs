//! What stands in the files that hang on messages. Messages are stored first and found without waiting; their files
//! are read beside each other afterwards. A batch counts as handled when each file is stored or given up, so
//! that none is forgotten when the process dies in between; what is stored already is not fetched again.

use super::{Index, IndexError, vectors::vectors};
use futures::{StreamExt, stream};
use rtfm_memory::{
    store::{FileId, IndexedFile, IndexedPassage, file_key},
    text::{excerpt, visible},
};
use rtfm_shared::event::{Attachment, ChatMessage, MessageId};
use std::collections::{BTreeSet, HashSet};

/// Files read at once, for each partition. Each takes a few megabytes at the most.
const AT_ONCE: usize = 8;

/// Characters kept of the message that a file hangs on: what it says is often what the file is about.
const MESSAGE_CHARS: usize = 200;

impl Index {
    /// Reads what hangs on these messages as they are stored now, and is not stored yet.
    pub(super) async fn read_files(&self, messages: &BTreeSet<MessageId>) -> Result<(), IndexError> {
        let Some(reader) = self.files.as_deref() else { return Ok(()) };
        if messages.is_empty() {
            return Ok(());
        }
        let ids: Vec<MessageId> = messages.iter().cloned().collect();
        let mut carriers = self.store.get(&ids).await?;
        carriers.retain(|message| !message.attachments.is_empty() && self.admits(message));
        let known: HashSet<FileId> = self.store.attached(&carriers).await?.into_iter().collect();
        let is_new = |message: &ChatMessage, file: &Attachment| {
            !known.contains(&(message.message_id.clone(), file_key(file).to_owned()))
        };
        let files = carriers.iter().flat_map(|message| message.attachments.iter().map(move |file| (message, file)));
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
            // Its author may have decided while it was read.
            if let Ok(reading) = reading
                && self.admits(&message)
            {
                self.attach_passages(message, file_key(&file), &file.filename, reading.passages).await?;
            }
        }
        Ok(())
    }

    /// Embeds (where there is an embedder) and stores the passages of a file.
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
