//! Edits and deletions cannot be refetched, so a full queue keeps their ids: joined by channel, so that a day without
//! the bus costs little memory.

use crate::discord::ids::EventId;
use jiff::Timestamp;
use rtfm_shared::event::{ChannelDeleted, GuildId, MessageEvent, MessagesDeleted};
use std::collections::{BTreeMap, BTreeSet};

/// Ids in one event, far below a record's limit.
const IN_ONE: usize = 1000;

/// The ids of one or more channels.
#[derive(Debug, Default)]
pub(super) struct Overflow {
    channels: BTreeMap<u64, ChannelRemovals>,
    /// The trace of the last event.
    pub(super) traceparent: String,
}

#[derive(Debug, Default)]
struct ChannelRemovals {
    guild: Option<u64>,
    /// The channel itself is deleted, and everything in it.
    is_gone: bool,
    gone: BTreeSet<u64>,
    edited: BTreeSet<u64>,
    at: Timestamp,
}

/// Messages of a channel that were edited and must be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EditedMessages {
    pub(crate) guild: Option<u64>,
    pub(crate) channel: u64,
    pub(crate) messages: Vec<u64>,
}

impl Overflow {
    /// Keeps the ids of an edit or deletion; false for other events.
    pub(super) fn keep(&mut self, event: &MessageEvent, traceparent: &str) -> bool {
        let (channel, guild, at) = match event {
            MessageEvent::Updated(message) => (&message.channel_id, &message.guild_id, Timestamp::MIN),
            MessageEvent::Deleted(gone) => (&gone.channel_id, &gone.guild_id, gone.timestamp),
            MessageEvent::ChannelDeleted(gone) => (&gone.channel_id, &gone.guild_id, gone.timestamp),
            _ => return false,
        };
        let Some(channel) = channel.number() else { return false };
        let left = self.left(channel, guild.as_ref().and_then(EventId::number), traceparent);
        left.at = left.at.max(at);
        match event {
            MessageEvent::Deleted(gone) => left.gone.extend(gone.ids().filter_map(EventId::number)),
            MessageEvent::ChannelDeleted(_) => left.is_gone = true,
            MessageEvent::Updated(message) => left.edited.extend(message.message_id.number()),
            _ => {}
        }
        true
    }

    /// Keeps the id of an edited message.
    pub(super) fn edited(&mut self, guild: Option<u64>, channel: u64, message: u64, traceparent: &str) {
        self.left(channel, guild, traceparent).edited.insert(message);
    }

    fn left(&mut self, channel: u64, guild: Option<u64>, traceparent: &str) -> &mut ChannelRemovals {
        traceparent.clone_into(&mut self.traceparent);
        let left = self.channels.entry(channel).or_default();
        left.guild = guild.or(left.guild);
        left
    }

    /// The deletions as events, and the edited messages, which must be read again.
    pub(super) fn into_events(self) -> (Vec<MessageEvent>, Vec<EditedMessages>) {
        let (mut events, mut edited) = (Vec::new(), Vec::new());
        for (channel, left) in self.channels {
            let (channel_id, guild_id, timestamp) = (channel.into(), left.guild.map(GuildId::from), left.at);
            if left.is_gone {
                events.push(MessageEvent::ChannelDeleted(ChannelDeleted { channel_id, guild_id, timestamp }));
                continue;
            }
            let gone: Vec<u64> = left.gone.iter().copied().collect();
            events.extend(gone.chunks(IN_ONE).map(|ids| {
                MessageEvent::Deleted(MessagesDeleted {
                    channel_id: channel.into(),
                    message_id: None,
                    message_ids: ids.iter().map(|id| (*id).into()).collect(),
                    guild_id: guild_id.clone(),
                    timestamp,
                })
            }));
            let messages: Vec<u64> = left.edited.difference(&left.gone).copied().collect();
            if !messages.is_empty() {
                edited.push(EditedMessages { guild: left.guild, channel, messages });
            }
        }
        (events, edited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(channel: u64, ids: &[u64], second: i64) -> MessageEvent {
        MessageEvent::Deleted(MessagesDeleted {
            channel_id: channel.into(),
            message_id: None,
            message_ids: ids.iter().map(|id| (*id).into()).collect(),
            guild_id: Some(7.into()),
            timestamp: Timestamp::from_second(second).unwrap(),
        })
    }

    #[test]
    fn ids_are_joined_by_channel_and_nothing_is_told_of_what_is_gone_otherwise() {
        let mut overflow = Overflow::default();
        assert!(overflow.keep(&gone(1, &[10], 1), "a") && overflow.keep(&gone(1, &[11, 10], 2), "b"));
        overflow.edited(Some(7), 1, 11, "c");
        overflow.edited(Some(7), 1, 12, "d");
        assert!(overflow.keep(&gone(2, &[20], 3), "e"));
        let channel = ChannelDeleted { channel_id: 2.into(), guild_id: None, timestamp: Timestamp::UNIX_EPOCH };
        assert!(overflow.keep(&MessageEvent::ChannelDeleted(channel), "f"));
        assert_eq!(overflow.traceparent, "f");
        let (events, edited) = overflow.into_events();
        assert_eq!(edited, [EditedMessages { guild: Some(7), channel: 1, messages: vec![12] }], "one is gone");
        assert_eq!(events[0], gone(1, &[10, 11], 2));
        let MessageEvent::ChannelDeleted(channel) = &events[1] else { panic!("{events:?}") };
        assert_eq!((channel.channel_id.as_str(), channel.timestamp.as_second()), ("2", 3));
        assert_eq!(events.len(), 2);
    }

    #[test]
    fn very_many_are_told_in_parts() {
        let mut overflow = Overflow::default();
        let ids: Vec<u64> = (1..=2500).collect();
        overflow.keep(&gone(1, &ids, 1), "");
        let (events, _) = overflow.into_events();
        let parts: Vec<usize> = events
            .iter()
            .map(|event| if let MessageEvent::Deleted(gone) = event { gone.ids().count() } else { 0 })
            .collect();
        assert_eq!(parts, [1000, 1000, 500]);
    }
}
