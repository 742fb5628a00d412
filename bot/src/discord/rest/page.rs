//! A page of a channel's messages.

use serde_json::Value;
use serenity::model::{
    channel::Message,
    id::{ChannelId, MessageId},
};

/// Messages in a page: the most that Discord gives.
pub(crate) const PAGE: usize = 100;

/// Where a page begins, or ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PageFrom {
    /// With the messages after this one.
    After(MessageId),
    /// With the messages before this one.
    Before(MessageId),
}

/// A page, oldest first.
#[derive(Debug)]
pub(crate) struct Page {
    /// Those that can be read.
    pub(crate) messages: Vec<Message>,
    /// All of them, readable or not; none where one has no id.
    pub(crate) ids: Option<Vec<MessageId>>,
    /// The oldest and the newest, readable or not; none at the end.
    pub(crate) ends: Option<(MessageId, MessageId)>,
    /// Whether there may be more.
    pub(crate) is_full: bool,
}

impl Page {
    pub(super) fn of(channel: ChannelId, found: Vec<Value>) -> Self {
        let id = |value: &Value| value.get("id")?.as_str()?.parse().ok().filter(|id| *id != 0).map(MessageId::new);
        let mut ids: Vec<MessageId> = found.iter().filter_map(id).collect();
        ids.sort();
        let (ends, is_full) = (ids.first().copied().zip(ids.last().copied()), found.len() >= PAGE);
        let ids = (ids.len() == found.len()).then_some(ids);
        let read = |value: Value| {
            let message = id(&value);
            serde_json::from_value(value)
                .inspect_err(|error| {
                    metrics::counter!("rtfm_discord_events_unreadable_total").increment(1);
                    tracing::warn!(%channel, ?message, %error, "failed to decode a message of a channel's history");
                })
                .ok()
        };
        let mut messages: Vec<Message> = found.into_iter().filter_map(read).collect();
        messages.sort_by_key(|message| message.id);
        Self { messages, ids, ends, is_full }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_is_passed_over_and_counts_for_the_way() {
        let found = vec![json!({"id": "7", "type": "nobody knows"}), json!({"id": "5"}), json!({"id": 3}), json!([])];
        let page = Page::of(ChannelId::new(1), found);
        assert!(page.messages.is_empty() && !page.is_full);
        assert_eq!(page.ends, Some((MessageId::new(5), MessageId::new(7))));
        assert_eq!(page.ids, None, "two have no id");
        let found = vec![json!({"id": "7"}), json!({"id": "5"})];
        assert_eq!(Page::of(ChannelId::new(1), found).ids, Some(vec![MessageId::new(5), MessageId::new(7)]));
        assert!(Page::of(ChannelId::new(1), Vec::new()).ends.is_none());
    }
}
