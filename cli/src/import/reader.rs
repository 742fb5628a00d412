//! Reads an export as a stream: each message is handed on as soon as it is parsed, so that a file of
//! a gigabyte takes no more memory than its largest message.

use super::export::{Channel, Guild, Skip, convert};
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

/// What a file holds, piece by piece.
#[derive(Debug)]
pub(crate) enum Item {
    /// A message to import.
    Message(Box<ChatMessage>),
    /// A message that is left out on purpose.
    Skipped(Skip),
    /// A message that cannot be read, with its place; the file goes on behind it.
    Malformed(String),
}

/// Whether the reader's listener still wants to hear.
pub(crate) type Listening = Result<(), Closed>;

/// The listener has gone away.
#[derive(Debug)]
pub(crate) struct Closed;

/// Why the rest of a file is lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadFault {
    /// The listener has gone away.
    #[error("reading was stopped")]
    Stopped,
    /// The file is not what it should be; with line and column.
    #[error("{line}:{column}: {fault}; {taken} messages before it were read, the rest of the file is lost")]
    Broken {
        /// Where.
        line: usize,
        /// Where on the line.
        column: usize,
        /// What.
        fault: String,
        /// How many messages came before it.
        taken: u64,
    },
    /// A whole file without messages.
    #[error("no `messages` in it: export the channel with DiscordChatExporter's format \"Json\"")]
    NotAnExport,
}

/// Reads an export and hands each piece to `heard` while it goes.
pub(crate) fn read(source: impl Read, mut heard: impl FnMut(Item) -> Listening) -> Result<(), ReadFault> {
    let line = Cell::new(1);
    let mut source = BufReader::with_capacity(32 * 1024, source);
    skip_byte_order_mark(&mut source);
    let mut state = State { heard: &mut heard, line: &line, count: 0, stopped: false, seen: false };
    let mut json = serde_json::Deserializer::from_reader(Lines { source, line: &line });
    let read = json.deserialize_map(Root(&mut state)).and_then(|()| json.end());
    match read {
        Ok(()) if state.seen => Ok(()),
        Ok(()) => Err(ReadFault::NotAnExport),
        Err(_) if state.stopped => Err(ReadFault::Stopped),
        Err(error) => {
            let text = error.to_string();
            let fault = text.rsplit_once(" at line ").map_or(text.as_str(), |(fault, _)| fault).to_owned();
            Err(ReadFault::Broken { line: error.line(), column: error.column(), fault, taken: state.count })
        }
    }
}

fn skip_byte_order_mark(source: &mut impl BufRead) {
    if source.fill_buf().is_ok_and(|start| start.starts_with(b"\xef\xbb\xbf")) {
        source.consume(3);
    }
}

/// Counts lines as they are taken, so that a malformed message can be found in the file. The parser
/// takes one byte at a time from it.
struct Lines<'a, R> {
    source: R,
    line: &'a Cell<usize>,
}

impl<R: Read> Read for Lines<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.source.read(buffer)?;
        let breaks = buffer.get(..length).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + breaks);
        Ok(length)
    }
}

struct State<'a> {
    heard: &'a mut dyn FnMut(Item) -> Listening,
    line: &'a Cell<usize>,
    count: u64,
    stopped: bool,
    seen: bool,
}

/// The file's root object.
struct Root<'s, 'a>(&'s mut State<'a>);

impl<'de> Visitor<'de> for Root<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object of a DiscordChatExporter export")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut guild, mut channel) = (None::<Guild>, None::<Channel>);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "guild" => guild = Some(map.next_value()?),
                "channel" => channel = Some(map.next_value()?),
                "messages" => {
                    let missing = |name| A::Error::custom(format!("`{name}` must stand before `messages`"));
                    let guild = guild.as_ref().ok_or_else(|| missing("guild"))?;
                    let channel = channel.as_ref().ok_or_else(|| missing("channel"))?;
                    self.0.seen = true;
                    map.next_value_seed(Messages { state: &mut *self.0, guild, channel })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The list of messages, of which only one is in memory.
struct Messages<'s, 'a> {
    state: &'s mut State<'a>,
    guild: &'s Guild,
    channel: &'s Channel,
}

impl<'de> DeserializeSeed<'de> for Messages<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Messages<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Value>()? {
            self.state.count += 1;
            let item = match convert(&value, self.guild, self.channel) {
                Ok(Ok(message)) => Item::Message(Box::new(message)),
                Ok(Err(skip)) => Item::Skipped(skip),
                Err(fault) => {
                    let id = value.get("id").map_or_else(|| "none".to_owned(), Value::to_string);
                    let (line, count) = (self.state.line.get(), self.state.count);
                    Item::Malformed(format!("message {count} (id {id}), ending on line {line}: {fault}"))
                }
            };
            if (self.state.heard)(item).is_err() {
                self.state.stopped = true;
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
