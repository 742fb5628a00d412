//! Reads an export as a stream: it hands over each message as soon as it is parsed, so that memory is bounded by the
//! largest message, not by the file.

use super::export::{ExportChannel, ExportGuild, SkipReason, convert};
use rtfm_shared::event::ChatMessage;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use std::{
    cell::Cell,
    fmt,
    io::{BufRead, BufReader, Read},
};

/// One message of an export, or why it is not imported.
#[derive(Debug)]
pub(crate) enum ExportItem {
    Message(Box<ChatMessage>),
    Skipped(SkipReason),
    /// The error and its position; reading continues after it.
    Malformed(String),
}

/// Whether the receiver takes further items.
pub(crate) type ItemResult = Result<(), ReceiverClosed>;

/// The receiver takes no further items.
#[derive(Debug)]
pub(crate) struct ReceiverClosed;

/// Why a file is not read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The receiver takes no further items.
    #[error("reading was stopped")]
    Stopped,
    /// The file is malformed.
    #[error("{line}:{column}: {problem}; {read} messages before it were read, the rest of the file is lost")]
    Broken {
        line: usize,
        column: usize,
        problem: String,
        /// Messages before the position.
        read: u64,
    },
    /// The file is a JSON object without messages.
    #[error("no `messages` in it: export the channel with DiscordChatExporter's format \"Json\"")]
    NotAnExport,
}

/// Reads an export and hands each item to `on_item`.
pub(crate) fn read(source: impl Read, mut on_item: impl FnMut(ExportItem) -> ItemResult) -> Result<(), ReadError> {
    let line = Cell::new(1);
    let mut source = BufReader::with_capacity(32 * 1024, source);
    skip_byte_order_mark(&mut source);
    let mut state = ReaderState { on_item: &mut on_item, line: &line, count: 0, stopped: false, has_messages: false };
    let mut json = serde_json::Deserializer::from_reader(LineCounter { source, line: &line });
    let read = json.deserialize_map(ExportVisitor(&mut state)).and_then(|()| json.end());
    match read {
        Ok(()) if state.has_messages => Ok(()),
        Ok(()) => Err(ReadError::NotAnExport),
        Err(_) if state.stopped => Err(ReadError::Stopped),
        Err(error) => {
            let text = error.to_string();
            let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem).to_owned();
            Err(ReadError::Broken { line: error.line(), column: error.column(), problem, read: state.count })
        }
    }
}

fn skip_byte_order_mark(source: &mut impl BufRead) {
    if source.fill_buf().is_ok_and(|start| start.starts_with(b"\xef\xbb\xbf")) {
        source.consume(3);
    }
}

/// Counts the lines that the parser reads, so that an error can name the line. This is exact because the parser reads
/// byte by byte.
struct LineCounter<'a, R> {
    source: R,
    line: &'a Cell<usize>,
}

impl<R: Read> Read for LineCounter<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.source.read(buffer)?;
        let breaks = buffer.get(..length).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + breaks);
        Ok(length)
    }
}

struct ReaderState<'a> {
    on_item: &'a mut dyn FnMut(ExportItem) -> ItemResult,
    line: &'a Cell<usize>,
    count: u64,
    stopped: bool,
    has_messages: bool,
}

/// Visits the file's root object.
struct ExportVisitor<'s, 'a>(&'s mut ReaderState<'a>);

impl<'de> Visitor<'de> for ExportVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object of a DiscordChatExporter export")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut guild, mut channel) = (None::<ExportGuild>, None::<ExportChannel>);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "guild" => guild = Some(map.next_value()?),
                "channel" => channel = Some(map.next_value()?),
                "messages" => {
                    let missing = |name| A::Error::custom(format!("`{name}` must precede `messages`"));
                    let guild = guild.as_ref().ok_or_else(|| missing("guild"))?;
                    let channel = channel.as_ref().ok_or_else(|| missing("channel"))?;
                    self.0.has_messages = true;
                    map.next_value_seed(MessagesVisitor { state: &mut *self.0, guild, channel })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Visits the list of messages, one at a time.
struct MessagesVisitor<'s, 'a> {
    state: &'s mut ReaderState<'a>,
    guild: &'s ExportGuild,
    channel: &'s ExportChannel,
}

impl<'de> DeserializeSeed<'de> for MessagesVisitor<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for MessagesVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Value>()? {
            self.state.count += 1;
            let item = match convert(&value, self.guild, self.channel) {
                Ok(Ok(message)) => ExportItem::Message(Box::new(message)),
                Ok(Err(skip)) => ExportItem::Skipped(skip),
                Err(error) => {
                    let id = value.get("id").map_or_else(|| "none".to_owned(), Value::to_string);
                    let (line, count) = (self.state.line.get(), self.state.count);
                    ExportItem::Malformed(format!("message {count} (id {id}), ending on line {line}: {error}"))
                }
            };
            if (self.state.on_item)(item).is_err() {
                self.state.stopped = true;
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
