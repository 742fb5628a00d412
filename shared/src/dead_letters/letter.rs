//! A dead letter's id and headers.

use super::settlement;
use crate::{
    bus::{Headers, Record, TopicPartition, topics::dead_letter_topic},
    worker::dead_letter::header,
};
use jiff::Timestamp;
use std::{fmt, str::FromStr};

/// A letter's id. As text `<topic>/<offset>` with the origin's name, or `<topic>/<partition>/<offset>` beyond the
/// dead-letter topic's first partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LetterId {
    /// The topic of the record that failed, not of its dead letters.
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}

impl LetterId {
    pub(super) fn location(&self) -> TopicPartition {
        TopicPartition::new(dead_letter_topic(&self.topic), self.partition)
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

/// A text that is not a letter's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not the id of a dead letter; `rtfm dlq list` shows ids as <topic>/<offset>, for instance discord-messages/12"
)]
pub struct InvalidLetterId(String);

impl FromStr for LetterId {
    type Err = InvalidLetterId;

    fn from_str(text: &str) -> Result<Self, InvalidLetterId> {
        let parts: Vec<&str> = text.split('/').collect();
        let (topic, partition, offset) = match parts.as_slice() {
            [topic, offset] => (*topic, Ok(0), offset.parse()),
            [topic, partition, offset] => (*topic, partition.parse(), offset.parse()),
            _ => return Err(InvalidLetterId(text.to_owned())),
        };
        let topic = topic.strip_suffix(&dead_letter_topic("")).unwrap_or(topic).to_owned();
        match (partition, offset) {
            (Ok(partition @ 0..), Ok(offset @ 0..)) if !topic.is_empty() => Ok(Self { topic, partition, offset }),
            _ => Err(InvalidLetterId(text.to_owned())),
        }
    }
}

/// A dead letter's metadata, without its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub id: LetterId,
    /// When it was dead-lettered.
    pub since: Timestamp,
    /// The topic of the record that failed, not of its dead letters.
    pub topic: String,
    pub partition: Option<i32>,
    pub offset: Option<i64>,
    /// The fixed name of the failure; empty for a record that another program put here.
    pub reason: String,
    /// The failure, for people. It may quote the payload.
    pub error: String,
    pub attempts: Option<u32>,
    /// The pipeline and its version.
    pub service: String,
    /// How often it was replayed before.
    pub replays: u32,
    pub key: Option<String>,
    /// The payload's length; `None` for a tombstone.
    pub bytes: Option<usize>,
    /// The record's size when only its beginning was kept; such a letter cannot be replayed.
    pub cut: Option<usize>,
}

impl Letter {
    /// Reads a record of a dead-letter topic; `None` for a settlement note.
    pub(super) fn read(record: &Record) -> Option<Self> {
        if settlement::read(record).is_some() {
            return None;
        }
        let topic = record.at.topic.strip_suffix(&dead_letter_topic("")).unwrap_or(&record.at.topic).to_owned();
        let headers = &record.headers;
        let text = |name| headers.text(name).unwrap_or_default().to_owned();
        Some(Self {
            since: record.timestamp,
            // Not as a header says: a writer of dead letters could choose where an operator's replay goes.
            topic: topic.clone(),
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
            // After the provenance headers; before them stand the producer's own headers.
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
            assert_eq!(text.parse::<LetterId>(), Err(InvalidLetterId(text.to_owned())));
        }
    }
}
