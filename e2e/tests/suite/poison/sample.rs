//! A valid value of each topic to damage, with the fields that matter.

use rtfm_shared::bus::topics;
use serde_json::{Value, json};

/// A topic with what is said on it.
pub(crate) struct Sample {
    pub(crate) topic: &'static str,
    /// The consumer group that must get past whatever lies there.
    pub(crate) group: &'static str,
    /// The type that a value without headers has.
    pub(crate) kind: &'static str,
    /// Fields that must be there.
    pub(crate) required: &'static [&'static str],
    /// Fields that need not be there, with values that they cannot have.
    pub(crate) impossible: fn() -> Vec<(&'static str, Value)>,
    value: fn() -> Value,
}

impl Sample {
    /// A valid value.
    pub(crate) fn value(&self) -> Value {
        (self.value)()
    }
}

const NOON: &str = "2026-11-02T12:00:00Z";

/// Every topic that a service consumes.
pub(crate) const SAMPLES: [Sample; 4] = [
    Sample {
        topic: topics::MESSAGES,
        group: "rtfm-index",
        kind: "message.created",
        required: &["message_id", "content", "username", "user_id", "channel_id", "timestamp"],
        impossible: || {
            vec![
                ("message_id", json!("seven")),
                ("message_id", json!("-7")),
                ("message_id", json!("18446744073709551616")),
                ("channel_id", json!("")),
                ("guild_id", json!(17)),
                ("attachments", json!("a.png")),
                ("metadata", json!(17)),
                ("edited_at", json!("noon")),
                ("reply_to", json!([])),
                ("thread_id", json!({})),
            ]
        },
        value: || {
            json!({"message_id": "7", "content": "herons", "username": "ana", "user_id": "9", "channel_id": "5",
                "timestamp": NOON, "metadata": {"channel_name": "general"}, "guild_id": "1"})
        },
    },
    Sample {
        topic: topics::QUERIES,
        group: "rtfm-answer",
        kind: "query.asked",
        required: &["query_id", "question", "channel_id", "timestamp"],
        impossible: || {
            vec![
                ("query_id", json!("")),
                ("guild_id", json!([])),
                ("scope", json!(17)),
                ("scope", json!({"channel_ids": "5"})),
                ("history", json!({})),
                ("history", json!([{"role": "user"}])),
                ("context", json!(17)),
                ("reply", json!("here")),
                ("expires_at", json!("noon")),
            ]
        },
        value: || {
            json!({"query_id": "q", "original_message_id": "7", "question": "herons?", "username": "ana", "user_id": "9",
                "channel_id": "5", "timestamp": NOON, "context": {}, "reply": {"terminal": true}})
        },
    },
    Sample {
        topic: topics::PROGRESS,
        group: "rtfm-bot-progress",
        kind: "query.progressed",
        required: &["query_id", "channel_id", "sequence", "stage", "timestamp"],
        impossible: || {
            vec![
                ("sequence", json!(-1)),
                ("sequence", json!(1.5)),
                ("stage", json!(17)),
                ("text", json!(17)),
                ("reply", json!(17)),
            ]
        },
        value: || {
            json!({"query_id": "q", "channel_id": "5", "sequence": 3, "stage": "writing", "text": "Half",
                "timestamp": NOON, "reply": {}})
        },
    },
    Sample {
        topic: topics::RESPONSES,
        group: "rtfm-bot",
        kind: "response.given",
        required: &["response_id", "query_id", "response_text", "channel_id", "timestamp"],
        impossible: || {
            vec![
                ("status", json!(17)),
                ("sources", json!(17)),
                ("sources", json!([{"n": 1}])),
                ("metadata", json!("extractive")),
                ("metadata", json!({"sources_count": -1})),
                ("reply", json!(17)),
            ]
        },
        value: || {
            json!({"response_id": "r", "query_id": "q", "original_message_id": "7", "response_text": "Herons.",
                "channel_id": "5", "timestamp": NOON, "metadata": {"model": "m", "confidence": 0.5, "sources_count": 0}})
        },
    },
];
