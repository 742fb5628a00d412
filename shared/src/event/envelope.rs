//! CloudEvents 1.0 in Kafka's binary mode: the value is plain domain JSON, what is known about it
//! travels in headers. A value without those headers is an event of its topic's default type, so
//! that producers which know only the plain JSON are understood.

use crate::bus::{Headers, OutRecord, Record};
use bytes::Bytes;
use jiff::Timestamp;

/// The headers of the envelope.
pub mod header {
    /// CloudEvents version: `1.0` of ours; any `1.x` is read, since minor versions only add.
    pub const SPEC_VERSION: &str = "ce_specversion";
    /// The event's deterministic id.
    pub const ID: &str = "ce_id";
    /// Which part of the system said it; logical, never an instance.
    pub const SOURCE: &str = "ce_source";
    /// The event's type.
    pub const TYPE: &str = "ce_type";
    /// When it was said, RFC 3339.
    pub const TIME: &str = "ce_time";
    /// Always `application/json`.
    pub const CONTENT_TYPE: &str = "content-type";
    /// W3C trace context.
    pub const TRACEPARENT: &str = "traceparent";
}

/// Something that is said on a topic.
pub trait Event: Sized + Send + Sync + 'static {
    /// The topic it travels on.
    const TOPIC: &'static str;
    /// Its type, the `ce_type` header.
    fn kind(&self) -> &'static str;
    /// The record's key: what shares a key keeps its order.
    fn key(&self) -> String;
    /// A deterministic id: the same happening has the same id whoever says it and however often.
    fn id(&self) -> String;
    /// The plain domain JSON.
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error>;
    /// Reads the JSON of the given type (`None`: the topic's default).
    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError>;
}

/// Why a record is not an event. All of these are permanent: trying again cannot help.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A record with a null value where a payload is needed.
    #[error("the record has no value")]
    NoValue,
    /// The value is not the JSON that its type asks for.
    #[error("not a valid {kind}: {source}")]
    Json {
        /// The type that was tried.
        kind: String,
        /// What the decoder said, with line and column.
        source: serde_json::Error,
    },
    /// The type is not one this topic knows.
    #[error("unknown event type {0:?}")]
    UnknownType(String),
    /// A field has the right type and an impossible value.
    #[error("field {field}: {fault}")]
    Field {
        /// The field's name.
        field: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// A header of the envelope is not readable.
    #[error("header {name}: {fault}")]
    Header {
        /// The header's name.
        name: &'static str,
        /// What is wrong with it.
        fault: String,
    },
}

/// What is known about an event besides what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The deterministic id.
    pub id: String,
    /// The logical source, for instance `rtfm/bot`.
    pub source: String,
    /// When it was said.
    pub time: Timestamp,
    /// W3C trace context of what caused it.
    pub traceparent: Option<String>,
}

/// An event with its metadata.
#[derive(Clone, Debug)]
pub struct Envelope<E> {
    /// The metadata, from headers.
    pub meta: Meta,
    /// What is said.
    pub event: E,
}

impl<E: Event> Envelope<E> {
    /// An event said now by `source`.
    pub fn new(event: E, source: &str) -> Self {
        let meta = Meta { id: event.id(), source: source.to_owned(), time: Timestamp::now(), traceparent: None };
        Self { meta, event }
    }

    /// The same, as a consequence of something with this trace context.
    #[must_use]
    pub fn caused_by(mut self, traceparent: Option<String>) -> Self {
        self.meta.traceparent = traceparent;
        self
    }

    /// The record that says it on the event's topic.
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

    /// Reads an event and its metadata from a record, with or without an envelope.
    pub fn decode(record: &Record) -> Result<Self, DecodeError> {
        if let Some(version) = text(&record.headers, header::SPEC_VERSION)?
            && !is_supported(version)
        {
            let fault = format!("{version:?} is not a version of CloudEvents that can be read here, which are 1.x");
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
        let meta = Meta {
            id: text(&record.headers, header::ID)?.map_or_else(|| event.id(), str::to_owned),
            source: text(&record.headers, header::SOURCE)?.unwrap_or_default().to_owned(),
            time,
            // W3C: who cannot read a trace begins a new one. No event is lost over it.
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
    fn headers_say_what_cloudevents_asks_for() {
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
    fn what_is_merely_odd_is_read() {
        let odd = [("ce_specversion", b"1.1".as_slice()), ("traceparent", b"\xff"), ("x-other", b"\xff")];
        let envelope = Envelope::<MessageEvent>::decode(&record(Some(MESSAGE), &odd)).unwrap();
        assert_eq!(envelope.meta.traceparent, None);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
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
