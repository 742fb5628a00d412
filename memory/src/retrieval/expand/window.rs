//! The conversation windows around hits: the messages before and after each hit in its channel, with overlapping
//! windows merged. Propagation and passages both read them.

use crate::retrieval::fuse::Ranked;
use crate::{
    store::{Filter, MessageStore, Neighbourhood, StoreError},
    visibility::VisibilityPolicy,
};
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId};
use std::collections::{BTreeMap, HashMap};

/// Hits that get a window.
pub(in crate::retrieval) const HITS: usize = 12;
/// Messages on either side of a hit.
pub(in crate::retrieval) const REACH: usize = 12;

/// Consecutive messages of one channel, without those that the asker may not see.
#[derive(Debug, Default)]
pub(in crate::retrieval) struct ConversationWindow {
    channel: ChannelId,
    pub(in crate::retrieval) messages: BTreeMap<u64, ChatMessage>,
}

/// The windows around hits, and the messages that the hits reply to.
#[derive(Debug, Default)]
pub(in crate::retrieval) struct ConversationWindows {
    all: Vec<ConversationWindow>,
    parents: HashMap<MessageId, ChatMessage>,
}

impl ConversationWindows {
    #[cfg(test)]
    pub(in crate::retrieval) fn for_tests(window: ConversationWindow) -> Self {
        Self { all: vec![window], parents: HashMap::new() }
    }

    /// Fetches the windows around the best hits; all their messages are inside the filter's scope.
    pub(in crate::retrieval) async fn around(
        store: &dyn MessageStore,
        filter: &Filter,
        policy: &VisibilityPolicy,
        ranking: &[Ranked],
    ) -> Result<Self, StoreError> {
        let hits: Vec<&ChatMessage> = ranking.iter().take(HITS).map(|hit| &hit.message).collect();
        let neighbourhoods: Vec<Neighbourhood> = hits
            .iter()
            .map(|hit| Neighbourhood {
                channel_id: hit.channel_id.clone(),
                message_id: hit.message_id.clone(),
                before: REACH,
                after: REACH,
            })
            .collect();
        let around = if neighbourhoods.is_empty() { Vec::new() } else { store.neighbours(&neighbourhoods).await? };
        let parent_ids: Vec<MessageId> = hits.iter().filter_map(|hit| hit.reply_to.clone()).collect();
        let parents = if parent_ids.is_empty() { Vec::new() } else { store.get(&parent_ids).await? };
        let is_allowed = |message: &ChatMessage| is_in_scope(filter, message) && policy.admits(message);
        let mut windows = Self::default();
        for (hit, neighbours) in hits.into_iter().zip(around) {
            let mut window = ConversationWindow { channel: hit.channel_id.clone(), messages: BTreeMap::new() };
            let members =
                neighbours.into_iter().filter(|message| message.channel_id == hit.channel_id && is_allowed(message));
            for message in members.chain([hit.clone()]) {
                if let Some(id) = message.message_id.snowflake() {
                    window.messages.insert(id, message);
                }
            }
            windows.add(window);
        }
        let parents = parents.into_iter().filter(|parent| is_allowed(parent));
        windows.parents = parents.map(|parent| (parent.message_id.clone(), parent)).collect();
        Ok(windows)
    }

    /// Adds a window and merges it with those that share a message with it.
    fn add(&mut self, mut window: ConversationWindow) {
        let overlaps = |other: &ConversationWindow| {
            other.channel == window.channel && window.messages.keys().any(|id| other.messages.contains_key(id))
        };
        let (overlapping, rest): (Vec<ConversationWindow>, Vec<ConversationWindow>) =
            self.all.drain(..).partition(overlaps);
        self.all = rest;
        overlapping.into_iter().for_each(|other| window.messages.extend(other.messages));
        self.all.push(window);
    }

    /// The window that contains a message.
    pub(in crate::retrieval) fn of(&self, message: &ChatMessage) -> Option<&ConversationWindow> {
        let id = message.message_id.snowflake()?;
        self.all.iter().find(|window| window.channel == message.channel_id && window.messages.contains_key(&id))
    }

    /// The message that this one replies to, if it is in the same channel.
    pub(in crate::retrieval) fn parent(&self, message: &ChatMessage) -> Option<&ChatMessage> {
        let parent = self.parents.get(message.reply_to.as_ref()?)?;
        (parent.channel_id == message.channel_id).then_some(parent)
    }
}

impl ConversationWindow {
    #[cfg(test)]
    pub(in crate::retrieval) fn for_tests(messages: Vec<ChatMessage>) -> Self {
        let numbered = messages.into_iter().map(|message| (message.message_id.snowflake().unwrap(), message));
        Self { channel: ChannelId::default(), messages: numbered.collect() }
    }

    /// The messages before one, nearest first.
    pub(in crate::retrieval) fn before(&self, id: u64) -> impl Iterator<Item = &ChatMessage> {
        self.messages.range(..id).rev().map(|(_, message)| message)
    }

    /// The messages after one, nearest first.
    pub(in crate::retrieval) fn after(&self, id: u64) -> impl Iterator<Item = &ChatMessage> {
        self.messages.range(id.saturating_add(1)..).map(|(_, message)| message)
    }
}

/// Whether a neighbour or parent is inside the filter's scope. The store filters hits only. Author and time narrow the
/// search, not the context of its hits.
fn is_in_scope(filter: &Filter, message: &ChatMessage) -> bool {
    let place = Filter { authors: Vec::new(), since: None, until: None, ..filter.clone() };
    place.matches(message)
}
