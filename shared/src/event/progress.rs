//! `bot-progress`: partial answers. Losing one is harmless.

use super::{ChannelId, DecodeError, Event, Query, QueryId, ReplyTo, lenient, message::only, time};
use crate::bus::topics;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A partial answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    pub query_id: QueryId,
    /// Where the question was asked.
    pub channel_id: ChannelId,
    /// Increases within one question, so that an older partial answer never replaces a newer one.
    pub sequence: u64,
    /// The current stage of the answer.
    pub stage: Stage,
    /// The whole text so far; may be empty.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub text: String,
    /// When this was published.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
    /// Where the answer goes, copied from the question.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub reply: ReplyTo,
}

impl Progress {
    /// A partial answer to `query`.
    pub fn of(query: &Query, sequence: u64, stage: Stage, text: &str) -> Self {
        Self {
            query_id: query.query_id.clone(),
            channel_id: query.channel_id.clone(),
            sequence,
            stage,
            text: text.to_owned(),
            timestamp: Timestamp::now(),
            reply: query.reply.clone(),
        }
    }
}

/// The stages of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = lenient::open_enum)]
pub enum Stage {
    /// Searching for messages that may answer.
    Searching,
    /// Reading them and thinking.
    Thinking,
    /// Writing the answer, part by part.
    Writing,
    /// A stage that this version does not know.
    #[serde(other)]
    Other,
}

const PROGRESSED: &str = "query.progressed";

impl Event for Progress {
    const TOPIC: &'static str = topics::PROGRESS;

    fn kind(&self) -> &'static str {
        PROGRESSED
    }

    fn key(&self) -> String {
        self.channel_id.0.clone()
    }

    fn id(&self) -> String {
        format!("{PROGRESSED}:{}:{}", self.query_id, self.sequence)
    }

    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError> {
        only(PROGRESSED, kind, json)
    }
}
