//! Folds a batch of events into the fewest store operations with the same effect in the same order.

use rtfm_memory::store::Removal;
use rtfm_shared::event::{ChatMessage, MessageEvent};

/// One operation on the store.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum IndexStep {
    /// Messages to index. Of two versions of a message, the later one comes later.
    Store(Vec<ChatMessage>),
    /// Messages to remove, with their contexts.
    Remove(Removal),
}

/// Converts events to steps and merges adjacent steps of the same kind.
pub(crate) fn steps<'a>(events: impl IntoIterator<Item = &'a MessageEvent>) -> Vec<IndexStep> {
    let mut steps: Vec<IndexStep> = Vec::new();
    for event in events {
        let Some(step) = step(event) else { continue };
        match (steps.last_mut(), step) {
            (Some(IndexStep::Store(stored)), IndexStep::Store(more)) => stored.extend(more),
            (Some(IndexStep::Remove(Removal::Messages(ids))), IndexStep::Remove(Removal::Messages(more)))
            | (Some(IndexStep::Remove(Removal::Unlisted(ids))), IndexStep::Remove(Removal::Unlisted(more))) => {
                ids.extend(more)
            }
            (_, step) => steps.push(step),
        }
    }
    steps
}

fn step(event: &MessageEvent) -> Option<IndexStep> {
    Some(match event {
        // A question to the bot is no knowledge: once stored, it would be the best match for the same question. An
        // edit can turn a message into a question and back.
        MessageEvent::Created(message) if message.metadata.asks_bot => return None,
        MessageEvent::Updated(message) if message.metadata.asks_bot => {
            IndexStep::Remove(Removal::Unlisted(vec![message.message_id.clone()]))
        }
        MessageEvent::Created(message) | MessageEvent::Updated(message) => IndexStep::Store(vec![message.clone()]),
        MessageEvent::Deleted(deleted) => IndexStep::Remove(Removal::Messages(deleted.ids().cloned().collect())),
        MessageEvent::ChannelDeleted(deleted) => IndexStep::Remove(Removal::Channel(deleted.channel_id.clone())),
        MessageEvent::AuthorForgotten(forgotten) => IndexStep::Remove(Removal::Author {
            user_id: forgotten.user_id.clone(),
            guild_id: forgotten.guild_id.clone(),
            until: forgotten.timestamp,
        }),
        MessageEvent::GuildLeft(left) => {
            IndexStep::Remove(Removal::Guild { guild_id: left.guild_id.clone(), until: left.timestamp })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::MessagesDeleted;

    fn created(id: u64) -> MessageEvent {
        MessageEvent::Created(ChatMessage { message_id: id.into(), ..ChatMessage::default() })
    }

    fn deleted(id: u64) -> MessageEvent {
        MessageEvent::Deleted(MessagesDeleted {
            channel_id: "1".into(),
            message_id: Some(id.into()),
            message_ids: Vec::new(),
            guild_id: None,
            timestamp: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn adjacent_events_fold_and_keep_their_order() {
        let events = [created(1), created(2), deleted(1), deleted(9), created(3)];
        let shape: Vec<String> = steps(&events)
            .iter()
            .map(|step| match step {
                IndexStep::Store(messages) => format!("store {}", messages.len()),
                IndexStep::Remove(Removal::Messages(ids)) => format!("remove {}", ids.len()),
                IndexStep::Remove(_) => "other".to_owned(),
            })
            .collect();
        assert_eq!(shape, ["store 2", "remove 2", "store 1"]);
    }

    #[test]
    fn a_question_to_the_bot_is_not_indexed() {
        let mut message = ChatMessage { message_id: 7.into(), ..ChatMessage::default() };
        message.metadata.asks_bot = true;
        assert_eq!(steps(&[MessageEvent::Created(message.clone())]), []);
        let expected = IndexStep::Remove(Removal::Unlisted(vec![7.into()]));
        assert_eq!(
            steps(&[MessageEvent::Updated(message.clone())]),
            [expected],
            "it may be indexed from before the edit"
        );
        let other = ChatMessage { message_id: 8.into(), ..message.clone() };
        let both = IndexStep::Remove(Removal::Unlisted(vec![7.into(), 8.into()]));
        assert_eq!(steps(&[MessageEvent::Updated(message), MessageEvent::Updated(other)]), [both]);
    }
}
