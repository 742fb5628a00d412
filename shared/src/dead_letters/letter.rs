//! One dead letter: where it lies, and what its headers tell.

use super::settlement;
use crate::{
    bus::{Headers, Record, TopicPartition, topics::dead_letters_of},
    worker::dead_letter::header,
};
use jiff::Timestamp;
use std::{fmt, str::FromStr};

/// Where a letter lies: as text `<topic>/<offset>` with the origin's name, or `<topic>/<partition>/<offset>` where
/// the dead-letter topic has more than its first partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LetterId {
    /// The topic that it could not be handled on.
    pub topic: String,
    /// The dead-letter topic's partition.
    pub partition: i32,
    /// The offset there.
    pub offset: i64,
}

impl LetterId {
    /// The partition of the dead-letter topic.
    pub(super) fn location(&self) -> TopicPartition {
        TopicPartition::new(dead_letters_of(&self.topic), self.partition)
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.partition {
            0 => write!(f, "{}/{}", self.topic, self.offset),
            partition => write!(f, "{}/{partition}/{}", self.topic, self.offset),
        }
    }
}

/// A text that names no letter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no dead letter; `rtfm dlq list` shows them as <topic>/<offset>, for instance discord-messages/12")]
pub struct NotAnId(String);

impl FromStr for LetterId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let parts: Vec<&str> = text.split('/').collect();
        let (topic, partition, offset) = match parts.as_slice() {
            [topic, offset] => (*topic, Ok(0), offset.parse()),
            [topic, partition, offset] => (*topic, partition.parse(), offset.parse()),
            _ => return Err(NotAnId(text.to_owned())),
        };
        let topic = topic.strip_suffix(&dead_letters_of("")).unwrap_or(topic).to_owned();
        match (partition, offset) {
            (Ok(partition @ 0..), Ok(offset @ 0..)) if !topic.is_empty() => Ok(Self { topic, partition, offset }),
            _ => Err(NotAnId(text.to_owned())),
        }
    }
}

/// What is known of a letter, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Where it lies.
    pub id: LetterId,
    /// Since when.
    pub since: Timestamp,
    /// The topic it could not be handled on.
    pub topic: String,
    /// Its partition there.
    pub partition: Option<i32>,
    /// Its offset there.
    pub offset: Option<i64>,
    /// The short fixed name of the fault; empty for a record that no worker of ours put here.
    pub reason: String,
    /// What happened, for people. It may quote a little of what the record says.
    pub error: String,
    /// How often handling was tried.
    pub attempts: Option<u32>,
    /// The pipeline that gave up, and its version.
    pub service: String,
    /// How often it was put back before.
    pub replays: u32,
    /// The record's key, as text.
    pub key: Option<String>,
    /// How long what it says is; none for a tombstone.
    pub bytes: Option<usize>,
    /// How many bytes the record had, when only its beginning is kept: such a letter cannot be put back.
    pub cut: Option<usize>,
}

impl Letter {
    /// Reads a record of a dead-letter topic; none for a note of the desk's own.
    pub(super) fn read(record: &Record) -> Option<Self> {
        if settlement::read(record).is_some() {
            return None;
        }
        let topic = record.at.topic.strip_suffix(&dead_letters_of("")).unwrap_or(&record.at.topic).to_owned();
        let headers = &record.headers;
        let text = |name| headers.text(name).unwrap_or_default().to_owned();
        Some(Self {
            since: record.timestamp,
            topic: headers.text(header::TOPIC).unwrap_or(&topic).to_owned(),
            id: LetterId { topic, partition: record.at.partition, offset: record.offset },
            partition: number(headers, header::PARTITION),
            offset: number(headers, header::OFFSET),
            reason: text(header::REASON),
            error: text(header::ERROR),
            attempts: number(headers, header::ATTEMPTS),
            service: format!("{} {}", text(header::SERVICE), text(header::VERSION)).trim().to_owned(),
            replays: number(headers, header::REPLAYS).unwrap_or(0),
            key: record.key.as_ref().map(|key| String::from_utf8_lossy(key).into_owned()),
            bytes: record.value.as_ref().map(|value| value.len()),
            // Behind the provenance; before it stands whatever the producer gave the record.
            cut: headers.0.last().filter(|(name, _)| name == header::CUT).and_then(|_| number(headers, header::CUT)),
        })
    }
}

fn number<T: FromStr>(headers: &Headers, name: &str) -> Option<T> {
    headers.text(name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_shown() {
        for text in ["discord-messages/12", "discord-messages/1/12"] {
            assert_eq!(text.parse::<LetterId>().unwrap().to_string(), text);
        }
        assert_eq!("bot-queries.dlq/3".parse::<LetterId>().unwrap().to_string(), "bot-queries/3");
        for text in ["", "12", "discord-messages", "discord-messages/", "t/-1", "t/-1/3", "/3", "t/1/2/3", ".dlq/3"] {
            assert_eq!(text.parse::<LetterId>(), Err(NotAnId(text.to_owned())));
        }
    }
}
