//! `bot-queries`: a question and its scope.

use super::{ChannelId, DecodeError, Event, GuildId, MessageId, QueryId, UserId, lenient, message::only, time};
use crate::bus::topics;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A question from a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Query {
    /// Globally unique; the response carries it.
    pub query_id: QueryId,
    /// The message that asked.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub original_message_id: MessageId,
    /// The question without its trigger; one of more than [`Query::MAX_QUESTION_CHARS`] characters is rejected.
    pub question: String,
    /// The asker's displayed name.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub username: String,
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub user_id: UserId,
    /// Where the question was asked.
    pub channel_id: ChannelId,
    /// When the question was asked.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
    /// Fields of other producers, kept unchanged.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub context: serde_json::Map<String, serde_json::Value>,
    /// The guild; absent in a direct message and from older producers.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// The channels that the answer may use; absent means the asking channel only.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Limits the answer to messages of these authors; empty means anybody.
    #[serde(default, deserialize_with = "lenient::null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<UserId>,
    /// Limits the answer to messages written at this time or later; absent means no limit.
    #[serde(default, deserialize_with = "time::lenient_option", skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The asker's language from Discord or the terminal (`en-US`, `de`); absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The question's mentions and channel names that the asker's side could resolve.
    #[serde(default, deserialize_with = "lenient::null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// Whether the question is a text to be asked about as a whole, so that none of its words filters.
    #[serde(default, deserialize_with = "lenient::null_as_default", skip_serializing_if = "std::ops::Not::not")]
    pub verbatim: bool,
    /// The earlier turns of the conversation, oldest first. Only the newest are used, each cut at the length of a
    /// message.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub history: Vec<Turn>,
    /// Where the answer goes.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub reply: ReplyTo,
    /// Nothing waits for the answer after this time; absent means the processor's own limit.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub expires_at: Option<Timestamp>,
}

/// The channels whose messages an answer may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// These channels only; empty means none.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub channel_ids: Vec<ChannelId>,
    /// Every channel of the guild: for the operator's tools, never set for people on Discord.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_guild: bool,
}

/// A person or channel that a question names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// The mention in the question: `@ana`, `#rules`, `<#5>`.
    pub shown: String,
    /// The person; absent for a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The channel with its threads, as far as the answer may use them; empty for a person and for a channel outside
    /// the scope.
    #[serde(default, deserialize_with = "lenient::null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub channel_ids: Vec<ChannelId>,
}

/// One turn of a conversation with the bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    /// The side that spoke.
    pub role: Speaker,
    /// The text of the turn.
    pub content: String,
    /// The person who spoke; absent for the bot and if unknown. Only a turn with the asker's id is the asker's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The person's displayed name; empty for the bot and if unknown.
    #[serde(default, deserialize_with = "lenient::null_as_default", skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The messages that the bot's answer cites. An answer without any is not used, nor one of whose messages one is
    /// gone.
    #[serde(default, deserialize_with = "lenient::null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<MessageId>,
    /// When it was said; absent if unknown.
    #[serde(default, deserialize_with = "time::lenient_option", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
}

impl Turn {
    /// A turn without person, time and sources.
    pub fn new(role: Speaker, content: impl Into<String>) -> Self {
        let (user_id, username, sources, timestamp) = (None, String::new(), Vec::new(), None);
        Self { role, content: content.into(), user_id, username, sources, timestamp }
    }

    /// Whether a person other than the asker, or an unknown one, spoke.
    pub fn is_of_another(&self, asker: &UserId) -> bool {
        self.role != Speaker::Model && (asker.0.is_empty() || self.user_id.as_ref() != Some(asker))
    }
}

/// The two sides of a conversation with the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = lenient::open_enum)]
pub enum Speaker {
    /// A person who asks.
    User,
    /// The bot's own answer.
    #[serde(alias = "assistant", alias = "bot")]
    Model,
    /// A role that this version does not know.
    #[serde(other)]
    Other,
}

/// Where an answer goes; the response carries it back unchanged, unknown fields included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplyTo {
    /// The message to edit into the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder_id: Option<MessageId>,
    /// The application whose deferred interaction becomes the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// The interaction's token, valid for 15 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction_token: Option<String>,
    /// Fields of other askers, kept unchanged.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Query {
    /// Twice the longest message on Discord (4,000 characters), because the bot replaces mentions by names.
    pub const MAX_QUESTION_CHARS: usize = 8_000;

    /// The scope, fail closed: without one, the asking channel only.
    pub fn effective_scope(&self) -> Scope {
        match &self.scope {
            Some(scope) => scope.clone(),
            None => Scope { channel_ids: vec![self.channel_id.clone()], whole_guild: false },
        }
    }
}

const ASKED: &str = "query.asked";

impl Event for Query {
    const TOPIC: &'static str = topics::QUERIES;

    fn kind(&self) -> &'static str {
        ASKED
    }

    fn key(&self) -> String {
        self.channel_id.0.clone()
    }

    fn id(&self) -> String {
        format!("{ASKED}:{}", self.query_id)
    }

    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError> {
        let query: Self = only(ASKED, kind, json)?;
        if query.query_id.0.is_empty() {
            return Err(DecodeError::Field { field: "query_id", fault: "is empty".to_owned() });
        }
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_closed_unless_it_says_otherwise() {
        let query = Query { channel_id: "5".into(), guild_id: Some("1".into()), ..Query::default() };
        let own = Scope { channel_ids: vec!["5".into()], whole_guild: false };
        assert_eq!(query.effective_scope(), own, "none: the asking channel only");
        let nothing = Query { scope: Some(Scope::default()), ..query.clone() };
        assert_eq!(nothing.effective_scope(), Scope::default(), "empty: nothing, not even the asking channel");
        let json = r#"{"query_id":"q","question":"?","channel_id":"5","timestamp":"2026-11-02T12:34:56Z","scope":{}}"#;
        let read = Query::from_json(None, json.as_bytes()).unwrap();
        assert_eq!(read.effective_scope(), Scope::default());
        let read = Query::from_json(None, json.replace("{}", "null").as_bytes()).unwrap();
        assert_eq!(read.effective_scope(), own);
    }

    #[test]
    fn a_question_without_an_id_cannot_be_answered() {
        let json = r#"{"query_id":"","question":"?","channel_id":"5","timestamp":"2026-11-02T12:34:56Z"}"#;
        let error = Query::from_json(None, json.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "field query_id: is empty");
    }

    #[test]
    fn unknown_fields_of_the_reply_come_back_unchanged() {
        let json = r#"{"placeholder_id":"7","stream":{"n":1}}"#;
        let reply: ReplyTo = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_value(&reply).unwrap(), serde_json::from_str::<serde_json::Value>(json).unwrap());
    }
}
