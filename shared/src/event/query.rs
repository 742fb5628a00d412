//! `bot-queries`: a question, and what its answer may rest on.

use super::{ChannelId, DecodeError, Event, GuildId, MessageId, QueryId, UserId, message::payload, time};
use crate::bus::topics;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A question that somebody asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Query {
    /// Unique for ever; the response carries it.
    pub query_id: QueryId,
    /// The message that asked.
    #[serde(default)]
    pub original_message_id: MessageId,
    /// The question itself, without the trigger.
    pub question: String,
    /// Who asked, as shown.
    #[serde(default)]
    pub username: String,
    /// Who asked.
    #[serde(default)]
    pub user_id: UserId,
    /// Where it was asked.
    pub channel_id: ChannelId,
    /// When it was asked.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
    /// What other producers add; kept as it is.
    #[serde(default)]
    pub context: serde_json::Map<String, serde_json::Value>,
    /// The guild it was asked in; none in a direct message and from older producers.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// What the answer may rest on; none means the asking channel only.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// The turns of the conversation before this question, oldest first.
    #[serde(default)]
    pub history: Vec<Turn>,
    /// Where the answer goes.
    #[serde(default)]
    pub reply: ReplyTo,
    /// After this instant nobody waits any more; none means the processor's own limit.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub expires_at: Option<Timestamp>,
}

/// The channels whose messages an answer may rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// These channels and no others. Empty means nothing at all.
    #[serde(default)]
    pub channel_ids: Vec<ChannelId>,
    /// Every channel of the guild: for the operator's own tools, never set for people on Discord.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_guild: bool,
}

/// One turn of a conversation with the bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    /// Who spoke.
    pub role: Speaker,
    /// What was said.
    pub content: String,
}

/// The two sides of a conversation with the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// A person.
    User,
    /// The bot.
    #[serde(alias = "assistant", alias = "bot")]
    Model,
    /// A role that this version does not know.
    #[serde(other)]
    Other,
}

/// Where an answer goes; the response carries it back unchanged, unknown fields included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplyTo {
    /// The message that becomes the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder_id: Option<MessageId>,
    /// The application whose deferred interaction becomes the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// The token of that interaction, good for 15 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction_token: Option<String>,
    /// What other askers add; kept as it is.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Query {
    /// What the answer may rest on, fail closed: without a scope, the asking channel only.
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

    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError> {
        match kind.unwrap_or(ASKED) {
            kind @ ASKED => {
                let query: Self = payload(kind, json)?;
                if query.query_id.0.is_empty() {
                    return Err(DecodeError::Field { field: "query_id", fault: "is empty".to_owned() });
                }
                Ok(query)
            }
            other => Err(DecodeError::UnknownType(other.to_owned())),
        }
    }
}
