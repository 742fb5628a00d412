//! The stored conversation around a batch of changes: each channel's messages in order, loaded once, so that contexts
//! are computed without further requests to the store.

use super::context::{IndexDocument, TURNS_BEFORE, index_document};
use rtfm_memory::store::{Filter, MessageStore, Neighbourhood, StoreError};
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Messages by channel and snowflake, and replied-to messages that lie outside of them.
#[derive(Debug, Default)]
pub(crate) struct ChannelContext {
    channels: HashMap<ChannelId, BTreeMap<u64, ChatMessage>>,
    parents: HashMap<MessageId, ChatMessage>,
}

impl ChannelContext {
    /// Loads the messages around `changed`: the turns before and after each, the replies to them with the turns
    /// around those, and the messages that any of these reply to.
    pub(crate) async fn around(store: &dyn MessageStore, changed: &[ChatMessage]) -> Result<Self, StoreError> {
        let mut channel_context = Self::default();
        channel_context.load_turns(store, changed).await?;
        let ids: Vec<MessageId> = changed.iter().map(|message| message.message_id.clone()).collect();
        let replies = store.replies(&ids).await?;
        channel_context.load_turns(store, &replies).await?;
        replies.into_iter().for_each(|reply| channel_context.put(reply));
        channel_context.load_parents(store, changed).await?;
        Ok(channel_context)
    }

    /// Inserts a message or replaces its older version.
    pub(crate) fn put(&mut self, message: ChatMessage) {
        if let Some(id) = message.message_id.snowflake() {
            self.channels.entry(message.channel_id.clone()).or_default().insert(id, message);
        }
    }

    /// Drops the messages that fail `keep`.
    pub(crate) fn retain(&mut self, keep: impl Fn(&ChatMessage) -> bool) {
        self.channels.values_mut().for_each(|channel| channel.retain(|_, message| keep(message)));
        self.parents.retain(|_, parent| keep(parent));
    }

    /// The messages whose context contains any of `changed`: those directly after them and the replies to them,
    /// without `changed` itself.
    pub(crate) fn dependents(&self, changed: &[ChatMessage]) -> Vec<ChatMessage> {
        let ids: BTreeSet<&MessageId> = changed.iter().map(|message| &message.message_id).collect();
        let mut found: BTreeMap<&MessageId, &ChatMessage> = BTreeMap::new();
        for message in changed {
            let Some(id) = message.message_id.snowflake() else { continue };
            let Some(channel) = self.channels.get(&message.channel_id) else { continue };
            // Messages in between may be among the changed ones, so they do not count as followers.
            let followers = channel.range(id + 1..).map(|(_, follower)| follower);
            let followers = followers.filter(|follower| !ids.contains(&follower.message_id)).take(TURNS_BEFORE);
            found.extend(followers.map(|follower| (&follower.message_id, follower)));
        }
        for reply in self.channels.values().flat_map(BTreeMap::values) {
            if reply.reply_to.as_ref().is_some_and(|parent| ids.contains(parent)) && !ids.contains(&reply.message_id) {
                found.insert(&reply.message_id, reply);
            }
        }
        found.into_values().cloned().collect()
    }

    /// The index document of a message. Its context holds messages of the same channel only, because another channel
    /// may have another audience.
    pub(crate) fn index_document(&self, message: &ChatMessage) -> IndexDocument {
        let (parent, before) = self.surroundings(message);
        index_document(message, parent, before)
    }

    /// The context of these messages: the messages that their index documents include.
    pub(crate) fn context_messages<'a>(&self, messages: impl IntoIterator<Item = &'a ChatMessage>) -> Vec<ChatMessage> {
        let mut found: BTreeMap<&MessageId, &ChatMessage> = BTreeMap::new();
        for message in messages {
            let (parent, before) = self.surroundings(message);
            found.extend(parent.into_iter().chain(before).map(|turn| (&turn.message_id, turn)));
        }
        found.into_values().cloned().collect()
    }

    /// The replied-to message and the turns before a message, oldest first.
    fn surroundings(&self, message: &ChatMessage) -> (Option<&ChatMessage>, Vec<&ChatMessage>) {
        let channel = self.channels.get(&message.channel_id);
        let id = message.message_id.snowflake().unwrap_or_default();
        let mut before: Vec<&ChatMessage> = channel
            .map(|channel| channel.range(..id).rev().map(|(_, turn)| turn).take(TURNS_BEFORE).collect())
            .unwrap_or_default();
        before.reverse();
        let parent = message.reply_to.as_ref().and_then(|parent| {
            let in_channel = parent.snowflake().and_then(|id| channel?.get(&id));
            in_channel.or_else(|| self.parents.get(parent)).filter(|parent| parent.channel_id == message.channel_id)
        });
        (parent, before)
    }

    /// Loads the turns around `changed`. Two requests serve a dense run such as an import; scattered messages get one
    /// range each.
    async fn load_turns(&mut self, store: &dyn MessageStore, changed: &[ChatMessage]) -> Result<(), StoreError> {
        let mut by_channel: BTreeMap<&ChannelId, BTreeSet<u64>> = BTreeMap::new();
        for message in changed {
            if let Some(id) = message.message_id.snowflake() {
                by_channel.entry(&message.channel_id).or_default().insert(id);
            }
        }
        let mut places = Vec::new();
        for (channel, ids) in by_channel {
            let (Some(first), Some(last)) = (ids.first(), ids.last()) else { continue };
            let page = 2 * ids.len() + TURNS_BEFORE;
            let inside = Filter::channels(None, vec![channel.clone()]);
            let run = store.scroll(&inside, Some(&(*first).into()), page).await?;
            let beyond = run.iter().filter_map(|message| message.message_id.snowflake()).filter(|id| id > last).count();
            let whole = run.len() < page || beyond >= TURNS_BEFORE;
            run.into_iter().for_each(|message| self.put(message));
            let edges: Vec<u64> = if whole { vec![*first] } else { ids.into_iter().collect() };
            places.extend(edges.into_iter().map(|id| Neighbourhood {
                channel_id: channel.clone(),
                message_id: id.into(),
                before: TURNS_BEFORE,
                after: if whole { 0 } else { TURNS_BEFORE },
            }));
        }
        if !places.is_empty() {
            store.neighbours(&places).await?.into_iter().flatten().for_each(|message| self.put(message));
        }
        Ok(())
    }

    async fn load_parents(&mut self, store: &dyn MessageStore, changed: &[ChatMessage]) -> Result<(), StoreError> {
        let all = self.channels.values().flat_map(BTreeMap::values).chain(changed);
        let missing: BTreeSet<MessageId> = all.filter_map(|message| message.reply_to.clone()).collect();
        if !missing.is_empty() {
            let ids: Vec<MessageId> = missing.into_iter().collect();
            let parents = store.get(&ids).await?;
            self.parents = parents.into_iter().map(|parent| (parent.message_id.clone(), parent)).collect();
        }
        Ok(())
    }
}
