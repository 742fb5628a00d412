//! Channels and messages that a question names, checked against the scope.

use super::{filters::QuestionFilters, name_in_notice};
use crate::{
    query::{ChannelReference, QueryUnderstanding},
    store::{Channels, Filter, MessageStore, StoreError},
};
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId};

/// Narrows to the channels that the question names, or else the question before it. Names of channels outside the scope
/// go to `unusable`, like names of no channel.
pub(super) async fn narrow_to_channels(
    store: &dyn MessageStore,
    visible: &Filter,
    understood: &QueryUnderstanding,
    required: &mut QuestionFilters,
    unusable: &mut Vec<String>,
) -> Result<(), StoreError> {
    let Some((at, one)) = understood.chain().enumerate().find(|(_, one)| !one.channels.is_empty()) else {
        return Ok(());
    };
    for said in &one.channels {
        let ChannelReference { text, name, ids, certain } = &said.what;
        let parts = said.parts.iter().map(|part| (at, part.clone()));
        let mut inside = Vec::new();
        for id in ids {
            if is_inside(store, visible, id).await? {
                inside.push(id.clone());
            }
        }
        if let (true, Some(name)) = (inside.is_empty(), name) {
            let found = store.channels_named(visible, std::slice::from_ref(name)).await?;
            inside.extend(found.into_iter().map(|(id, _)| id));
        }
        if !inside.is_empty() {
            required.channels.extend(inside);
            required.places.push(name_in_notice(text));
            required.parts.extend(parts);
        } else if *certain {
            unusable.push(name_in_notice(text));
            required.parts.extend(parts);
        }
    }
    Ok(())
}

/// Whether the scope includes a channel.
async fn is_inside(store: &dyn MessageStore, visible: &Filter, id: &ChannelId) -> Result<bool, StoreError> {
    match &visible.channels {
        Channels::Only(channels) => Ok(channels.contains(id)),
        // In a whole guild, a channel counts if it holds a message of that guild.
        Channels::All => {
            let inside = Filter { channels: Channels::Only(vec![id.clone()]), ..visible.clone() };
            let some = store.scroll(&inside, None, 1).await?;
            Ok(some.iter().any(|message| visible.matches(message)))
        }
    }
}

/// The linked messages inside the scope.
pub(super) async fn linked_messages(
    store: &dyn MessageStore,
    visible: &Filter,
    understood: &QueryUnderstanding,
) -> Result<Vec<ChatMessage>, StoreError> {
    if understood.links.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<MessageId> = understood.links.iter().map(|link| link.what.message_id.clone()).collect();
    let mut messages = store.get(&ids).await?;
    messages.retain(|message| visible.matches(message));
    Ok(messages)
}
