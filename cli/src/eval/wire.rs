//! Evaluation files as they are written: lenient where nothing is lost by it (numbers for ids, nulls, missing names).

use rtfm_shared::event::{Attachment, time};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

/// A set as it stands in a file.
#[derive(Debug, Deserialize)]
pub(super) struct Set {
    #[serde(default)]
    pub(super) name: Option<String>,
    pub(super) messages: Vec<Message>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) queries: Vec<Query>,
    /// Questions that nothing in the set answers.
    #[serde(default, deserialize_with = "nullable")]
    pub(super) unanswerable: Vec<Query>,
}

/// A message, in the field names of `discord-messages`.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    #[serde(alias = "id")]
    pub(super) message_id: Id,
    #[serde(default)]
    pub(super) channel_id: Option<Id>,
    #[serde(default)]
    pub(super) channel_name: Option<String>,
    #[serde(default)]
    pub(super) user_id: Option<Id>,
    #[serde(default)]
    pub(super) username: Option<String>,
    pub(super) content: String,
    #[serde(default)]
    pub(super) timestamp: Option<Instant>,
    #[serde(default)]
    pub(super) reply_to: Option<Id>,
    #[serde(default)]
    pub(super) thread_id: Option<Id>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) attachments: Vec<Attachment>,
}

/// What else is known of a message.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) channel_name: Option<String>,
}

/// A question; a bare text is one that nothing is known about.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) query_id: Option<Id>,
    pub(super) question: String,
    pub(super) channel_id: Option<Id>,
    pub(super) exclude: Vec<Id>,
    pub(super) relevant: Vec<Id>,
    pub(super) answerable: Option<bool>,
}

#[derive(Deserialize)]
struct QueryFields {
    #[serde(default, alias = "id")]
    query_id: Option<Id>,
    question: String,
    #[serde(default)]
    channel_id: Option<Id>,
    #[serde(default, deserialize_with = "nullable")]
    exclude: Vec<Id>,
    #[serde(default, deserialize_with = "nullable")]
    relevant: Vec<Id>,
    #[serde(default)]
    answerable: Option<bool>,
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Query;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a query: an object with `question`, or the question alone")
            }

            fn visit_str<E: Error>(self, question: &str) -> Result<Query, E> {
                Ok(Query { question: question.to_owned(), ..Query::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Query, A::Error> {
                let QueryFields { query_id, question, channel_id, exclude, relevant, answerable } =
                    QueryFields::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Query { query_id, question, channel_id, exclude, relevant, answerable })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// An id, written as a text or as a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id(pub(super) String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;
        impl Visitor<'_> for TextOrNumber {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id: a text or a whole number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
                Ok(Id(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }
        }
        deserializer.deserialize_any(TextOrNumber)
    }
}

/// An instant: RFC 3339 in any of the forms that the topics take, or seconds or milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant(pub(super) jiff::Timestamp);

/// Numbers from here on are milliseconds: as seconds it would be the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;
        impl Visitor<'_> for TextOrNumber {
            type Value = Instant;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time: RFC 3339, for instance \"2026-11-02T12:34:56Z\", or seconds since 1970")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
                time::parse(text).map(Instant).map_err(|_| E::custom(format!("not an RFC 3339 time: {text:?}")))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Instant, E> {
                let instant = if number.abs() >= MILLISECONDS {
                    jiff::Timestamp::from_millisecond(number)
                } else {
                    jiff::Timestamp::from_second(number)
                };
                instant.map(Instant).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Instant, E> {
                self.visit_i64(i64::try_from(number).map_err(E::custom)?)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Instant, E> {
                self.visit_i64(number as i64)
            }
        }
        deserializer.deserialize_any(TextOrNumber)
    }
}

/// A null counts as absent.
fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
