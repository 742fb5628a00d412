//! From files to the bus: a thread reads and parses the files and sends the items through a bounded channel. Batches of
//! messages are published one after another, so that memory stays bounded.

use super::{
    ExportItem, SkipReason, read,
    reader::{ItemResult, ReadError, ReceiverClosed},
};
use crate::{error::CliError, output::one_line};
use indicatif::ProgressBar;
use rtfm_shared::{
    bus::{Bus, BusError, OutRecord},
    event::{ChannelId, ChatMessage, Envelope, MessageEvent},
};
use std::{collections::BTreeSet, fs::File, io::Read, path::PathBuf};
use tokio::sync::mpsc;

/// Records in a batch.
const BATCH: usize = 500;
/// Bytes in a batch, about.
const BATCH_BYTES: usize = 4 << 20;
/// Items between the reading thread and the publisher.
const IN_FLIGHT: usize = 256;

/// An export to import.
#[derive(Clone, Debug)]
pub(crate) enum ImportSource {
    File(PathBuf),
    /// A name and the text, embedded in the program.
    Text(&'static str, &'static str),
}

/// The counts of an import.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImportSummary {
    /// Files read to their end.
    pub(crate) files: u64,
    pub(crate) messages: u64,
    /// Skipped messages by bots.
    pub(crate) bots: u64,
    /// Skipped messages by Discord itself.
    pub(crate) system: u64,
    /// Skipped messages without text and files.
    pub(crate) empty: u64,
    /// Messages that are malformed or too large.
    pub(crate) failed: u64,
    /// Files that cannot be read, or not to their end.
    pub(crate) broken_files: u64,
    /// Channels of the published messages.
    pub(crate) channels: BTreeSet<ChannelId>,
}

impl ImportSummary {
    /// Whether every file and message was read.
    pub(crate) fn is_whole(&self) -> bool {
        self.failed == 0 && self.broken_files == 0
    }
}

enum ReadEvent {
    Item(ExportItem),
    FileFailed(String),
    FileDone,
}

/// Publishes the messages of all sources. `problem` receives each problem with its file and position.
pub(crate) async fn publish(
    bus: &dyn Bus,
    sources: Vec<ImportSource>,
    bar: &ProgressBar,
    problem: impl Fn(String) + Send + Sync + 'static,
) -> Result<ImportSummary, CliError> {
    let (sender, mut events) = mpsc::channel::<(String, ReadEvent)>(IN_FLIGHT);
    let reading_bar = bar.clone();
    let reading = tokio::task::spawn_blocking(move || read_all(sources, &reading_bar, &sender));
    let mut summary = ImportSummary::default();
    let mut batch = RecordBatch::default();
    while let Some((file, event)) = events.recv().await {
        match event {
            ReadEvent::Item(ExportItem::Message(message)) => {
                summary.channels.insert(message.channel_id.clone());
                batch.add(*message)?;
                if batch.is_full() {
                    batch.publish(bus, &mut summary, &problem).await?;
                }
            }
            ReadEvent::Item(ExportItem::Skipped(SkipReason::Bot)) => summary.bots += 1,
            ReadEvent::Item(ExportItem::Skipped(SkipReason::System)) => summary.system += 1,
            ReadEvent::Item(ExportItem::Skipped(SkipReason::Empty)) => summary.empty += 1,
            ReadEvent::Item(ExportItem::Malformed(error)) => {
                summary.failed += 1;
                problem(format!("{file}: {error}"));
            }
            ReadEvent::FileFailed(error) => {
                summary.broken_files += 1;
                problem(format!("{file}{error}"));
            }
            ReadEvent::FileDone => summary.files += 1,
        }
    }
    batch.publish(bus, &mut summary, &problem).await?;
    reading.await.map_err(|error| CliError::Failed(format!("the thread that reads the files crashed: {error}")))?;
    Ok(summary)
}

#[derive(Default)]
struct RecordBatch {
    records: Vec<OutRecord>,
    bytes: usize,
}

impl RecordBatch {
    fn add(&mut self, message: ChatMessage) -> Result<(), CliError> {
        let record = Envelope::new(MessageEvent::Created(message), "rtfm/import").encode();
        let record = record.map_err(|error| CliError::Failed(format!("failed to encode a message: {error}")))?;
        self.bytes += record.size();
        self.records.push(record);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.records.len() >= BATCH || self.bytes >= BATCH_BYTES
    }

    async fn publish(
        &mut self,
        bus: &dyn Bus,
        summary: &mut ImportSummary,
        problem: &impl Fn(String),
    ) -> Result<(), CliError> {
        self.bytes = 0;
        let records = std::mem::take(&mut self.records);
        let count = records.len() as u64;
        match bus.publish_all(records.clone()).await {
            Ok(_) => summary.messages += count,
            // One oversized record must not block the others of its batch.
            Err(BusError::TooLarge { .. }) => {
                for record in records {
                    match bus.publish(record).await {
                        Ok(_) => summary.messages += 1,
                        Err(error @ BusError::TooLarge { .. }) => {
                            summary.failed += 1;
                            problem(error.to_string());
                        }
                        Err(other) => return Err(other.into()),
                    }
                }
            }
            Err(other) => return Err(other.into()),
        }
        Ok(())
    }
}

type EventSender = mpsc::Sender<(String, ReadEvent)>;

fn read_all(sources: Vec<ImportSource>, bar: &ProgressBar, sender: &EventSender) {
    for source in sources {
        let sent = match source {
            ImportSource::Text(name, text) => read_one(name, text.as_bytes(), sender),
            ImportSource::File(path) => {
                let name = path.display().to_string();
                bar.set_message(one_line(&name));
                match File::open(&path) {
                    Ok(file) => read_one(&name, bar.wrap_read(file), sender),
                    Err(error) => send(sender, &name, ReadEvent::FileFailed(format!(": {error}"))),
                }
            }
        };
        if sent.is_err() {
            return; // publishing failed and reports the error itself
        }
    }
}

fn read_one(name: &str, source: impl Read, sender: &EventSender) -> ItemResult {
    let event = match read(source, |item| send(sender, name, ReadEvent::Item(item))) {
        Ok(()) => ReadEvent::FileDone,
        Err(ReadError::Stopped) => return Err(ReceiverClosed),
        Err(error @ ReadError::Broken { .. }) => ReadEvent::FileFailed(format!(":{error}")),
        Err(error @ ReadError::NotAnExport) => ReadEvent::FileFailed(format!(": {error}")),
    };
    send(sender, name, event)
}

fn send(sender: &EventSender, name: &str, event: ReadEvent) -> ItemResult {
    sender.blocking_send((name.to_owned(), event)).map_err(|_| ReceiverClosed)
}
