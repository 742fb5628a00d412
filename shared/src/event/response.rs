//! `bot-responses`: the answer to a question and its sources.

use super::{ChannelId, DecodeError, Event, GuildId, MessageId, Query, QueryId, ReplyTo, lenient, message::only, time};
use crate::bus::topics;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An answer. Every question has exactly one, however often it is delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// Deterministic: the same for every delivery of the question.
    pub response_id: String,
    pub query_id: QueryId,
    /// The message that asked.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub original_message_id: MessageId,
    /// The answer with citations as `[n]`.
    pub response_text: String,
    /// Where the question was asked.
    pub channel_id: ChannelId,
    /// When it was answered.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
    /// How the answer was made.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub metadata: ResponseMetadata,
    /// The outcome of the question.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub status: Status,
    /// The messages cited, in the order of their numbers.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub sources: Vec<Source>,
    /// The guild of the question.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// Where the answer goes, copied from the question.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub reply: ReplyTo,
}

impl Response {
    /// An answer to `query` with its ids and destination, without text or sources.
    pub fn to(query: &Query) -> Self {
        Self {
            response_id: format!("response:{}", query.query_id),
            query_id: query.query_id.clone(),
            original_message_id: query.original_message_id.clone(),
            response_text: String::new(),
            channel_id: query.channel_id.clone(),
            timestamp: Timestamp::now(),
            metadata: ResponseMetadata::default(),
            status: Status::Answered,
            sources: Vec::new(),
            guild_id: query.guild_id.clone(),
            reply: query.reply.clone(),
        }
    }
}

/// How an answer was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResponseMetadata {
    /// The model that wrote it, or `extractive`.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub model: String,
    /// How well the sources fit the question, 0 to 1.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub confidence: f64,
    /// How many sources are cited.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub sources_count: usize,
    /// A note for the reader, for instance that the model was unavailable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// The outcome of a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = lenient::open_enum)]
pub enum Status {
    /// Answered from the named sources.
    #[default]
    Answered,
    /// No message answers it.
    NotFound,
    /// A dependency was unavailable until the deadline.
    Unavailable,
    /// The question cannot be answered as asked.
    Rejected,
    /// A status that this version does not know.
    #[serde(other)]
    Other,
}

/// A message that an answer cites.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Its number in the text, `[n]`.
    pub n: u32,
    pub message_id: MessageId,
    /// The channel of the message.
    pub channel_id: ChannelId,
    /// The guild of the message; absent if unknown.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// The channel's name when the message was written.
    #[serde(default)]
    pub channel_name: Option<String>,
    /// The author's displayed name.
    pub username: String,
    /// When it was written.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
    /// The message's text, shortened.
    pub excerpt: String,
    /// Its retrieval score; higher is better, comparable within one answer only.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub score: f64,
    /// The attached file that contains the excerpt; absent when the message itself does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Source {
    /// The link that opens the message in Discord; a direct message's guild is `@me`.
    pub fn link(&self) -> String {
        let guild = self.guild_id.as_ref().map_or("@me", GuildId::as_str);
        format!("https://discord.com/channels/{guild}/{}/{}", self.channel_id, self.message_id)
    }
}

const GIVEN: &str = "response.given";

impl Event for Response {
    const TOPIC: &'static str = topics::RESPONSES;

    fn kind(&self) -> &'static str {
        GIVEN
    }

    fn key(&self) -> String {
        self.channel_id.0.clone()
    }

    fn id(&self) -> String {
        format!("{GIVEN}:{}", self.query_id)
    }

    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError> {
        only(GIVEN, kind, json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_knows_its_question_and_its_place() {
        let reply = ReplyTo { placeholder_id: Some("8".into()), ..ReplyTo::default() };
        let query = Query {
            query_id: "q".into(),
            original_message_id: "7".into(),
            channel_id: "5".into(),
            guild_id: Some("1".into()),
            reply: reply.clone(),
            ..Query::default()
        };
        let (first, second) = (Response::to(&query), Response::to(&query));
        assert_eq!((first.id(), first.response_id.as_str()), ("response.given:q".to_owned(), "response:q"));
        assert_eq!((second.id(), &second.response_id), (first.id(), &first.response_id), "one answer a question");
        assert_eq!((first.key(), first.reply, first.guild_id), ("5".to_owned(), reply, query.guild_id));
    }

    #[test]
    fn links_are_built_from_ids() {
        let source = |guild_id| Source {
            n: 1,
            message_id: "7".into(),
            channel_id: "5".into(),
            guild_id,
            channel_name: None,
            username: "ana".to_owned(),
            timestamp: Timestamp::UNIX_EPOCH,
            excerpt: String::new(),
            score: 0.0,
            file: None,
        };
        assert_eq!(source(Some("1".into())).link(), "https://discord.com/channels/1/5/7");
        assert_eq!(source(None).link(), "https://discord.com/channels/@me/5/7");
    }
}
