//! From files to the bus: a thread reads and parses, a bounded channel carries, and the messages are
//! published in chunks, each durable before the next, so that neither side runs away from the other.

use super::{
    Item, Skip, read,
    reader::{Closed, Listening, ReadFault},
};
use crate::fault::Fault;
use indicatif::ProgressBar;
use rtfm_shared::{
    bus::{Bus, BusError, OutRecord},
    event::{ChannelId, ChatMessage, Envelope, MessageEvent},
};
use std::{collections::BTreeSet, fs::File, io::Read, path::PathBuf};
use tokio::sync::mpsc;

/// Records in a chunk.
const CHUNK: usize = 500;
/// Bytes in a chunk, about.
const CHUNK_BYTES: usize = 4 << 20;
/// Pieces on their way from the reading thread.
const IN_FLIGHT: usize = 256;

/// Something to import.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// Text that is in the program itself, with a name.
    Text(&'static str, &'static str),
}

/// What became of an import.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    /// Files that were read.
    pub(crate) files: u64,
    /// Messages that were published.
    pub(crate) messages: u64,
    /// Messages of bots.
    pub(crate) bots: u64,
    /// Messages of Discord itself.
    pub(crate) system: u64,
    /// Messages without text and files.
    pub(crate) empty: u64,
    /// Messages that could not be read or are too large.
    pub(crate) failed: u64,
    /// Files that could not be read, or not to their end.
    pub(crate) broken_files: u64,
    /// Channels with messages.
    pub(crate) channels: BTreeSet<ChannelId>,
}

impl Summary {
    /// Whether everything could be read.
    pub(crate) fn is_whole(&self) -> bool {
        self.failed == 0 && self.broken_files == 0
    }
}

enum Step {
    Piece(Item),
    FileFault(String),
    FileDone,
}

/// Publishes what the sources hold. `problem` hears each fault, with its file and position.
pub(crate) async fn publish(
    bus: &dyn Bus,
    sources: Vec<Source>,
    bar: &ProgressBar,
    problem: impl Fn(String) + Send + Sync + 'static,
) -> Result<Summary, Fault> {
    let (sender, mut steps) = mpsc::channel::<(String, Step)>(IN_FLIGHT);
    let reading_bar = bar.clone();
    let reading = tokio::task::spawn_blocking(move || read_all(sources, &reading_bar, &sender));
    let mut summary = Summary::default();
    let mut chunk = Chunk::default();
    while let Some((file, step)) = steps.recv().await {
        match step {
            Step::Piece(Item::Message(message)) => {
                summary.channels.insert(message.channel_id.clone());
                chunk.add(*message)?;
                if chunk.is_full() {
                    chunk.publish(bus, &mut summary, &problem).await?;
                }
            }
            Step::Piece(Item::Skipped(Skip::Bot)) => summary.bots += 1,
            Step::Piece(Item::Skipped(Skip::System)) => summary.system += 1,
            Step::Piece(Item::Skipped(Skip::Empty)) => summary.empty += 1,
            Step::Piece(Item::Malformed(place)) => {
                summary.failed += 1;
                problem(format!("{file}: {place}"));
            }
            Step::FileFault(fault) => {
                summary.broken_files += 1;
                problem(format!("{file}{fault}"));
            }
            Step::FileDone => summary.files += 1,
        }
    }
    chunk.publish(bus, &mut summary, &problem).await?;
    reading.await.map_err(|error| Fault::Failed(format!("reading the files stopped: {error}")))?;
    Ok(summary)
}

#[derive(Default)]
struct Chunk {
    records: Vec<OutRecord>,
    bytes: usize,
}

impl Chunk {
    fn add(&mut self, message: ChatMessage) -> Result<(), Fault> {
        let record = Envelope::new(MessageEvent::Created(message), "rtfm/import").encode();
        let record = record.map_err(|error| Fault::Failed(format!("a message cannot be encoded: {error}")))?;
        self.bytes += record.size();
        self.records.push(record);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.records.len() >= CHUNK || self.bytes >= CHUNK_BYTES
    }

    async fn publish(&mut self, bus: &dyn Bus, summary: &mut Summary, problem: &impl Fn(String)) -> Result<(), Fault> {
        self.bytes = 0;
        let records = std::mem::take(&mut self.records);
        let count = records.len() as u64;
        match bus.publish_all(records.clone()).await {
            Ok(_) => summary.messages += count,
            // One record that the bus will never take must not keep the others out.
            Err(BusError::TooLarge { .. }) => {
                for record in records {
                    match bus.publish(record).await {
                        Ok(_) => summary.messages += 1,
                        Err(fault @ BusError::TooLarge { .. }) => {
                            summary.failed += 1;
                            problem(fault.to_string());
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

type Sender = mpsc::Sender<(String, Step)>;

fn read_all(sources: Vec<Source>, bar: &ProgressBar, sender: &Sender) {
    for source in sources {
        let heard = match source {
            Source::Text(name, text) => read_one(name, text.as_bytes(), sender),
            Source::File(path) => {
                let name = path.display().to_string();
                bar.set_message(name.clone());
                match File::open(&path) {
                    Ok(file) => read_one(&name, bar.wrap_read(file), sender),
                    Err(error) => send(sender, &name, Step::FileFault(format!(": {error}"))),
                }
            }
        };
        if heard.is_err() {
            return; // nobody listens any more: publishing failed, and says so itself
        }
    }
}

fn read_one(name: &str, source: impl Read, sender: &Sender) -> Listening {
    let step = match read(source, |item| send(sender, name, Step::Piece(item))) {
        Ok(()) => Step::FileDone,
        Err(ReadFault::Stopped) => return Err(Closed),
        Err(fault @ ReadFault::Broken { .. }) => Step::FileFault(format!(":{fault}")),
        Err(fault @ ReadFault::NotAnExport) => Step::FileFault(format!(": {fault}")),
    };
    send(sender, name, step)
}

fn send(sender: &Sender, name: &str, step: Step) -> Listening {
    sender.blocking_send((name.to_owned(), step)).map_err(|_| Closed)
}
