//! What the asking side knows of an answer's looks, for whichever instance shows it: it rides in the reply's place
//! and comes back with the response.

use rtfm_shared::event::{ChannelId, ReplyTo, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The fields that the bot adds to a reply's place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplyExtras {
    /// The question, where Discord itself does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<String>,
    /// The line that says what the question was narrowed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) narrowed: Option<String>,
    /// A line of the bot's own about this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// Whether the asker alone may see the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) private: bool,
    /// Whether the question is a message, and was not asked by it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) about: bool,
    /// The channel of a public thread: the answer goes there if the thread takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<ChannelId>,
    /// Who asked, and so may have it asked again or taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asker: Option<UserId>,
}

impl ReplyExtras {
    /// The reply's place with these fields.
    pub(crate) fn put(&self, mut reply: ReplyTo) -> ReplyTo {
        if let Ok(Value::Object(fields)) = serde_json::to_value(self) {
            reply.other.extend(fields);
        }
        reply
    }

    /// What a reply's place says; nothing where others wrote something else.
    pub(crate) fn of(reply: &ReplyTo) -> Self {
        serde_json::from_value(Value::Object(reply.other.clone())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_comes_back() {
        let extras = ReplyExtras { asked: Some("why?".to_owned()), private: true, ..ReplyExtras::default() };
        let reply = extras.put(ReplyTo { placeholder_id: Some("5".into()), ..ReplyTo::default() });
        assert_eq!(reply.placeholder_id, Some("5".into()));
        assert_eq!(ReplyExtras::of(&reply), extras);
        assert_eq!(ReplyExtras::default().put(ReplyTo::default()), ReplyTo::default(), "nothing adds nothing");
    }
}
