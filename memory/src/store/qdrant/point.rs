//! Converts messages and passages of files to points and back.

use super::collection::{DENSE, WORDS, field};
use crate::{
    store::{FilePassage, IndexText, IndexedMessage, IndexedPassage, StoreError, instant::microseconds, names},
    text::words::weigh,
};
use qdrant_client::qdrant::{
    ListValue, NamedVectors, PointId, PointStruct, Value, Vector, point_id::PointIdOptions, value::Kind,
};
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;
use uuid::Uuid;

/// The index version of a message that must be indexed again: no rules ever had it.
pub(super) const STALE: i64 = 0;

/// A snowflake's upper 53 bits, which order the messages of a channel. The server orders by an integer index whose values
/// it reads as floats, so it cannot compare all 64 bits. `read` orders messages with equal slots.
pub(super) fn slot(snowflake: u64) -> i64 {
    (snowflake >> 11).cast_signed()
}

/// The snowflake of a message to store; an error when its id is not one.
pub(super) fn snowflake(id: &MessageId) -> Result<u64, StoreError> {
    id.snowflake().ok_or_else(|| StoreError::not_a_snowflake(id))
}

/// The snowflake of a message's point; `None` for a passage's.
pub(super) fn number(id: Option<&PointId>) -> Option<u64> {
    match id?.point_id_options.as_ref()? {
        PointIdOptions::Num(number) => Some(*number),
        PointIdOptions::Uuid(_) => None,
    }
}

/// The point of a message. The caller has checked the vector.
pub(super) fn point(
    snowflake: u64,
    indexed: &IndexedMessage,
    vector: Option<&[f32]>,
    index_version: i64,
) -> Result<PointStruct, StoreError> {
    let message = &indexed.message;
    let mut payload = filterable(message);
    payload.insert(field::VERSION.to_owned(), microseconds(message.version()).into());
    payload.insert(field::SLOT.to_owned(), slot(snowflake).into());
    payload.insert(field::INDEX_VERSION.to_owned(), index_version.into());
    payload.insert(field::BODY.to_owned(), body(snowflake, message)?.into());
    let values = names::of_author(message).into_iter().map(Value::from).collect();
    payload.insert(field::AUTHOR_NAME.to_owned(), Value { kind: Some(Kind::ListValue(ListValue { values })) });
    if let Some(channel) = names::of_channel(message) {
        payload.insert(field::CHANNEL_NAME.to_owned(), channel.into());
    }
    if let Some(reply_to) = message.reply_to.as_ref().and_then(MessageId::snowflake) {
        payload.insert(field::REPLY_TO.to_owned(), reply_to.to_string().into());
    }
    Ok(PointStruct::new(snowflake, vectors(vector, &indexed.index_text), payload))
}

/// The content of the body field: a message, or a passage of one of its files.
fn body(snowflake: u64, content: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(content)
        .map_err(|error| StoreError::Refused(format!("failed to encode message {snowflake} or its file: {error}")))
}

/// The payload fields that filters use: where and when the message was written, and by whom.
fn filterable(message: &ChatMessage) -> HashMap<String, Value> {
    let mut payload: HashMap<&str, Value> = HashMap::from([
        (field::CHANNEL, message.channel_id.as_str().into()),
        (field::USER, message.user_id.as_str().into()),
        (field::WRITTEN_AT, microseconds(message.timestamp).into()),
    ]);
    let optional = [
        (field::GUILD, message.guild_id.as_ref().map(|id| id.0.clone())),
        (field::THREAD, message.thread_id.as_ref().map(|id| id.0.clone())),
        (field::PARENT, message.parent_id.as_ref().map(|id| id.0.clone())),
    ];
    payload.extend(optional.into_iter().filter_map(|(field, value)| Some((field, value?.into()))));
    payload.into_iter().map(|(field, value)| (field.to_owned(), value)).collect()
}

/// The named vectors of a point; the sparse one even where it is empty, see `replace`.
fn vectors(vector: Option<&[f32]>, index_text: &IndexText) -> NamedVectors {
    let (numbers, weights): (Vec<u32>, Vec<f32>) = weigh::of_text(index_text).into_iter().unzip();
    let vectors = NamedVectors::default().add_vector(WORDS, Vector::new_sparse(numbers, weights));
    match vector {
        Some(vector) => vectors.add_vector(DENSE, Vector::new_dense(vector.to_vec())),
        None => vectors,
    }
}

/// The point of a passage. It repeats the filterable fields of its message.
pub(super) fn passage_point(
    snowflake: u64,
    message: &ChatMessage,
    passage: &FilePassage,
    indexed: &IndexedPassage,
    vector: Option<&[f32]>,
) -> Result<PointStruct, StoreError> {
    let mut payload = filterable(message);
    payload.insert(field::MESSAGE.to_owned(), snowflake.to_string().into());
    payload.insert(field::FILE.to_owned(), passage.key.as_str().into());
    payload.insert(field::BODY.to_owned(), body(snowflake, passage)?.into());
    let id = passage_id(snowflake, &passage.key, passage.place);
    Ok(PointStruct::new(id, vectors(vector, &indexed.index_text), payload))
}

/// Decodes the passage in a point's payload.
pub(super) fn passage(payload: &HashMap<String, Value>) -> Result<FilePassage, StoreError> {
    read(payload)
}

/// The snowflake of a passage's message.
pub(super) fn message_of(payload: &HashMap<String, Value>) -> Option<u64> {
    payload.get(field::MESSAGE)?.as_str()?.parse().ok()
}

pub(super) fn passage_id(snowflake: u64, key: &str, place: u32) -> PointId {
    id_from_name(&format!("rtfm passage {place} of {snowflake} {key}"))
}

/// The index version of a message; 1 where the payload has none.
pub(super) fn index_version(payload: &HashMap<String, Value>) -> i64 {
    match payload.get(field::INDEX_VERSION).and_then(|index_version| index_version.kind.as_ref()) {
        Some(Kind::IntegerValue(index_version)) => *index_version,
        _ => 1,
    }
}

/// Decodes the message in a point's payload.
pub(super) fn message(payload: &HashMap<String, Value>) -> Result<ChatMessage, StoreError> {
    read(payload)
}

fn read<T: DeserializeOwned>(payload: &HashMap<String, Value>) -> Result<T, StoreError> {
    let body = payload.get(field::BODY).and_then(|body| body.as_str().map(String::as_str)).unwrap_or_default();
    serde_json::from_str(body)
        .map_err(|error| StoreError::Unusable(format!("failed to decode a message in Qdrant: {error}")))
}

/// The id of a message's tombstone.
pub(super) fn removed_message(snowflake: u64) -> PointId {
    tombstone("message", &snowflake.to_string())
}

/// The id of a channel's tombstone. It differs from every message's, although a channel and a message can have the same
/// snowflake.
pub(super) fn removed_channel(id: &ChannelId) -> PointId {
    tombstone("channel", id.as_str())
}

fn tombstone(kind: &str, id: &str) -> PointId {
    id_from_name(&format!("rtfm removed {kind} {id}"))
}

/// A point id derived from a name. Stored points depend on it, so names must not change.
fn id_from_name(name: &str) -> PointId {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string().into()
}
