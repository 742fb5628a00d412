//! CloudEvents 1.0 in Kafka's binary mode: the value is plain domain JSON and the metadata is in headers. A value
//! without these headers is an event of its topic's default type, which serves producers that send plain JSON only.

use crate::bus::{Headers, OutRecord, Record};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

pub mod header {
    /// CloudEvents version: we write `1.0` and read any `1.x`, since minor versions only add.
    pub const SPEC_VERSION: &str = "ce_specversion";
    pub const ID: &str = "ce_id";
    /// The part of the system that published it; logical, never an instance.
    pub const SOURCE: &str = "ce_source";
    pub const TYPE: &str = "ce_type";
    /// When it was published, RFC 3339.
    pub const TIME: &str = "ce_time";
    /// The media type of the value; always `application/json`.
    pub const CONTENT_TYPE: &str = "content-type";
    /// The W3C trace context of the work that published it.
    pub const TRACEPARENT: &str = "traceparent";
}

/// An event on a topic.
pub trait Event: Serialize + Sized + Send + Sync + 'static {
    const TOPIC: &'static str;
    /// Its type, the `ce_type` header.
    fn kind(&self) -> &'static str;
    /// The record's key: events with the same key keep their order.
    fn key(&self) -> String;
    /// A deterministic id: publishing the same event again, by any instance, yields the same id.
    fn id(&self) -> String;
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
    /// Reads the JSON of the given type (`None`: the topic's default).
    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError>;
}

/// Why a record is not an event. All of these are permanent.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The record has a null value but its type needs a payload.
    #[error("the record has no value")]
    NoValue,
    /// The value is not the JSON of its type.
    #[error("not a valid {kind}: {source}")]
    Json {
        kind: String,
        /// The decoder's error, with line and column.
        source: serde_json::Error,
    },
    /// This topic has no such type.
    #[error("unknown event type {0:?}")]
    UnknownType(String),
    /// A field has an impossible value.
    #[error("field {field}: {fault}")]
    Field { field: &'static str, fault: String },
    /// A header of the envelope is unreadable.
    #[error("header {name}: {fault}")]
    Header { name: &'static str, fault: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventMetadata {
    pub id: String,
    /// The logical source, for instance `rtfm/bot`.
    pub source: String,
    /// When it was published.
    pub time: Timestamp,
    /// W3C trace context of its cause.
    pub traceparent: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Envelope<E> {
    pub meta: EventMetadata,
    pub event: E,
}

impl<E: Event> Envelope<E> {
    /// An event that `source` publishes now.
    pub fn new(event: E, source: &str) -> Self {
        let meta =
            EventMetadata { id: event.id(), source: source.to_owned(), time: Timestamp::now(), traceparent: None };
        Self { meta, event }
    }

    /// Sets the trace context of the event's cause.
    #[must_use]
    pub fn caused_by(mut self, traceparent: Option<String>) -> Self {
        self.meta.traceparent = traceparent;
        self
    }

    /// Encodes it as a record of the event's topic.
    pub fn encode(&self) -> Result<OutRecord, serde_json::Error> {
        let mut headers = Headers::default();
        headers.push(header::SPEC_VERSION, "1.0");
        headers.push(header::ID, self.meta.id.clone());
        headers.push(header::SOURCE, self.meta.source.clone());
        headers.push(header::TYPE, self.event.kind());
        headers.push(header::TIME, self.meta.time.to_string());
        headers.push(header::CONTENT_TYPE, "application/json");
        if let Some(traceparent) = &self.meta.traceparent {
            headers.push(header::TRACEPARENT, traceparent.clone());
        }
        Ok(OutRecord {
            topic: E::TOPIC.to_owned(),
            partition: None,
            key: Some(Bytes::from(self.event.key())),
            value: Some(Bytes::from(self.event.to_json()?)),
            headers,
        })
    }

    /// Decodes an event and its metadata from a record, with or without an envelope.
    pub fn decode(record: &Record) -> Result<Self, DecodeError> {
        if let Some(version) = text(&record.headers, header::SPEC_VERSION)?
            && !is_supported(version)
        {
            let fault = format!("CloudEvents version {version:?} is not supported, only 1.x");
            return Err(DecodeError::Header { name: header::SPEC_VERSION, fault });
        }
        let kind = text(&record.headers, header::TYPE)?;
        let value = record.value.as_deref().ok_or(DecodeError::NoValue)?;
        let event = E::from_json(kind, value)?;
        let time = match text(&record.headers, header::TIME)? {
            Some(time) => super::time::parse(time)
                .map_err(|error| DecodeError::Header { name: header::TIME, fault: error.to_string() })?,
            None => record.timestamp,
        };
        let meta = EventMetadata {
            id: text(&record.headers, header::ID)?.map_or_else(|| event.id(), str::to_owned),
            source: text(&record.headers, header::SOURCE)?.unwrap_or_default().to_owned(),
            time,
            // W3C Trace Context: a receiver that cannot read a trace starts a new one; the event is kept.
            traceparent: record.headers.text(header::TRACEPARENT).map(str::to_owned),
        };
        Ok(Self { meta, event })
    }
}

fn is_supported(version: &str) -> bool {
    version
        .split_once('.')
        .is_some_and(|(major, minor)| major == "1" && minor.bytes().all(|byte| byte.is_ascii_digit()))
}

fn text<'a>(headers: &'a Headers, name: &'static str) -> Result<Option<&'a str>, DecodeError> {
    headers
        .get(name)
        .map(|value| {
            std::str::from_utf8(value).map_err(|_| DecodeError::Header { name, fault: "not UTF-8".to_owned() })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bus::TopicPartition,
        event::{ChatMessage, MessageEvent},
    };

    fn record(value: Option<&str>, headers: &[(&str, &[u8])]) -> Record {
        Record {
            at: TopicPartition::new("discord-messages", 0),
            offset: 3,
            timestamp: "2026-11-02T12:00:00Z".parse().unwrap(),
            key: None,
            value: value.map(|value| Bytes::copy_from_slice(value.as_bytes())),
            headers: Headers(
                headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::copy_from_slice(value))).collect(),
            ),
        }
    }

    const MESSAGE: &str = r#"{"message_id":"7","content":"Hello","username":"ana","user_id":"9","channel_id":"5",
        "timestamp":"2026-11-02T12:34:56Z"}"#;

    #[test]
    fn headers_follow_cloudevents() {
        let message = ChatMessage { message_id: "7".into(), channel_id: "5".into(), ..ChatMessage::default() };
        let envelope =
            Envelope::new(MessageEvent::Updated(message), "rtfm/bot").caused_by(Some("00-a-b-01".to_owned()));
        let record = envelope.encode().unwrap();
        let text = |name| record.headers.text(name);
        assert_eq!((text("ce_specversion"), text("ce_source")), (Some("1.0"), Some("rtfm/bot")));
        assert_eq!((text("ce_type"), text("ce_id")), (Some("message.updated"), Some("message.updated:7:0")));
        assert_eq!((text("content-type"), text("traceparent")), (Some("application/json"), Some("00-a-b-01")));
        assert_eq!(text("ce_time").unwrap().parse::<Timestamp>().unwrap(), envelope.meta.time);
        assert_eq!((record.topic.as_str(), record.key.as_deref()), ("discord-messages", Some(b"5".as_slice())));
    }

    #[test]
    fn without_an_envelope_the_topics_default_and_the_record_say_the_rest() {
        let envelope = Envelope::<MessageEvent>::decode(&record(Some(MESSAGE), &[])).unwrap();
        assert!(matches!(&envelope.event, MessageEvent::Created(message) if message.content == "Hello"));
        assert_eq!(envelope.meta.id, "message.created:7");
        assert_eq!(envelope.meta.time, "2026-11-02T12:00:00Z".parse().unwrap());
        assert_eq!((envelope.meta.source.as_str(), envelope.meta.traceparent), ("", None));
    }

    #[test]
    fn odd_but_valid_headers_are_read() {
        let odd = [("ce_specversion", b"1.1".as_slice()), ("traceparent", b"\xff"), ("x-other", b"\xff")];
        let envelope = Envelope::<MessageEvent>::decode(&record(Some(MESSAGE), &odd)).unwrap();
        assert_eq!(envelope.meta.traceparent, None);
    }

    #[test]
    fn unreadable_records_name_the_fault() {
        let fault = |record: &Record| Envelope::<MessageEvent>::decode(record).unwrap_err().to_string();
        assert_eq!(fault(&record(None, &[])), "the record has no value");
        assert_eq!(
            fault(&record(Some(MESSAGE), &[("ce_type", b"message.sung")])),
            "unknown event type \"message.sung\""
        );
        assert_eq!(fault(&record(Some(MESSAGE), &[("ce_type", b"\xff")])), "header ce_type: not UTF-8");
        assert!(fault(&record(Some(MESSAGE), &[("ce_time", b"noon")])).starts_with("header ce_time: "));
        for version in [b"2.0".as_slice(), b"0.3", b"1", b"", b"1.x", b"\xff"] {
            let fault = fault(&record(Some(MESSAGE), &[("ce_specversion", version)]));
            assert!(fault.starts_with("header ce_specversion: "), "{fault}");
        }
        assert!(fault(&record(Some("{"), &[])).starts_with("not a valid message.created: EOF"));
        let odd = MESSAGE.replace("\"7\"", "\"seven\"");
        assert_eq!(fault(&record(Some(&odd), &[])), "field message_id: \"seven\" is not a snowflake");
        let nowhere = MESSAGE.replace("\"5\"", "\"\"");
        assert_eq!(fault(&record(Some(&nowhere), &[])), "field channel_id: is empty");
    }
}
