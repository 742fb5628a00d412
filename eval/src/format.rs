//! The file format of evaluation sets. It accepts numbers for ids, nulls, and missing optional fields.

use rtfm_shared::event::{Attachment, null_as_default, time};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

/// One set of a file.
#[derive(Debug, Deserialize)]
pub(super) struct SetRecord {
    #[serde(default)]
    pub(super) name: Option<String>,
    pub(super) messages: Vec<MessageRecord>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) queries: Vec<QuestionRecord>,
    /// Questions that no message of the set answers.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) unanswerable: Vec<QuestionRecord>,
}

/// A message, in the field names of `discord-messages`.
#[derive(Debug, Deserialize)]
pub(super) struct MessageRecord {
    #[serde(alias = "id")]
    pub(super) message_id: RecordId,
    #[serde(default)]
    pub(super) channel_id: Option<RecordId>,
    #[serde(default)]
    pub(super) channel_name: Option<String>,
    #[serde(default)]
    pub(super) user_id: Option<RecordId>,
    #[serde(default)]
    pub(super) username: Option<String>,
    pub(super) content: String,
    #[serde(default)]
    pub(super) timestamp: Option<RecordTime>,
    #[serde(default)]
    pub(super) reply_to: Option<RecordId>,
    #[serde(default)]
    pub(super) thread_id: Option<RecordId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) metadata: MetadataRecord,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) attachments: Vec<Attachment>,
}

/// The metadata of a message, as far as evaluation uses it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct MetadataRecord {
    #[serde(default)]
    pub(super) channel_name: Option<String>,
}

/// A question: an object, or the question's text alone. The derived `QuestionRecord::deserialize` reads the object.
#[derive(Debug, Default, Deserialize)]
#[serde(remote = "Self")]
pub(super) struct QuestionRecord {
    #[serde(default, alias = "id")]
    pub(super) query_id: Option<RecordId>,
    pub(super) question: String,
    #[serde(default)]
    pub(super) channel_id: Option<RecordId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) exclude: Vec<RecordId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) relevant: Vec<RecordId>,
    #[serde(default)]
    pub(super) answerable: Option<bool>,
}

impl<'de> Deserialize<'de> for QuestionRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct QuestionVisitor;
        impl<'de> Visitor<'de> for QuestionVisitor {
            type Value = QuestionRecord;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a query: an object with `question`, or the question's text")
            }

            fn visit_str<E: Error>(self, question: &str) -> Result<QuestionRecord, E> {
                Ok(QuestionRecord { question: question.to_owned(), ..QuestionRecord::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<QuestionRecord, A::Error> {
                QuestionRecord::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(QuestionVisitor)
    }
}

/// An id: a string or a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RecordId(pub(super) String);

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl Visitor<'_> for IdVisitor {
            type Value = RecordId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id: a string or a whole number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<RecordId, E> {
                Ok(RecordId(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<RecordId, E> {
                Ok(RecordId(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<RecordId, E> {
                Ok(RecordId(number.to_string()))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// A time: RFC 3339 in the variants that the topics accept, or seconds or milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordTime(pub(super) jiff::Timestamp);

/// Numbers from here on are milliseconds; as seconds they would be after the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;

impl<'de> Deserialize<'de> for RecordTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeVisitor;
        impl Visitor<'_> for TimeVisitor {
            type Value = RecordTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time: RFC 3339, for instance \"2026-11-02T12:34:56Z\", or seconds since 1970")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<RecordTime, E> {
                time::parse(text).map(RecordTime).map_err(|_| E::custom(format!("not an RFC 3339 time: {text:?}")))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<RecordTime, E> {
                let instant = if number.abs() >= MILLISECONDS {
                    jiff::Timestamp::from_millisecond(number)
                } else {
                    jiff::Timestamp::from_second(number)
                };
                instant.map(RecordTime).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<RecordTime, E> {
                self.visit_i64(i64::try_from(number).map_err(E::custom)?)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<RecordTime, E> {
                self.visit_i64(number as i64)
            }
        }
        deserializer.deserialize_any(TimeVisitor)
    }
}
