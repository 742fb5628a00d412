//! `bot-feedback`: verdicts on answers.

use super::{ChannelId, DecodeError, Event, GuildId, MessageId, QueryId, UserId, lenient, message::only, time};
use crate::bus::topics;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person's verdict on an answer. A person's newest verdict on a query replaces the earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    /// The question that was answered.
    pub query_id: QueryId,
    /// The person who gave the verdict.
    pub user_id: UserId,
    /// What the person thinks.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub verdict: Verdict,
    /// The channel of the answer.
    pub channel_id: ChannelId,
    /// The message of the answer.
    #[serde(default)]
    pub message_id: Option<MessageId>,
    /// The guild of the answer.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// When the verdict was given.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
}

/// A person's opinion of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = lenient::open_enum)]
pub enum Verdict {
    /// The answer helped (👍).
    Good,
    /// The answer did not help (👎).
    Bad,
    /// A verdict that this version does not know.
    #[default]
    #[serde(other)]
    Other,
}

const GIVEN: &str = "feedback.given";

impl Event for Feedback {
    const TOPIC: &'static str = topics::FEEDBACK;

    fn kind(&self) -> &'static str {
        GIVEN
    }

    /// By question, so that the verdicts on one answer keep their order.
    fn key(&self) -> String {
        self.query_id.0.clone()
    }

    fn id(&self) -> String {
        format!("{GIVEN}:{}:{}:{}", self.query_id, self.user_id, self.timestamp.as_microsecond())
    }

    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError> {
        only(GIVEN, kind, json)
    }
}
