//! The parts of conversations around what a search found: each hit with the messages before and after it in its
//! channel, those that overlap as one. What is ranked and what is shown around a hit come from here.

use crate::retrieval::fuse::Ranked;
use crate::{
    store::{Filter, Neighbourhood, StoreError, VectorStore},
    visibility::VisibilityPolicy,
};
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId};
use std::collections::{BTreeMap, HashMap};

/// Hits whose surroundings are looked at.
pub(in crate::retrieval) const HITS: usize = 12;
/// Messages looked at on either side of a hit.
pub(in crate::retrieval) const REACH: usize = 12;

/// A window of one channel without gaps, as far as it may be seen.
#[derive(Debug, Default)]
pub(in crate::retrieval) struct ConversationWindow {
    channel: ChannelId,
    pub(in crate::retrieval) messages: BTreeMap<u64, ChatMessage>,
}

/// The windows around hits, and what the hits reply to.
#[derive(Debug, Default)]
pub(in crate::retrieval) struct ConversationWindows {
    all: Vec<ConversationWindow>,
    parents: HashMap<MessageId, ChatMessage>,
}

impl ConversationWindows {
    /// This one.
    #[cfg(test)]
    pub(in crate::retrieval) fn for_tests(window: ConversationWindow) -> Self {
        Self { all: vec![window], parents: HashMap::new() }
    }

    /// What stands around the best of these hits. Nothing outside the filter comes in with them.
    pub(in crate::retrieval) async fn around(
        store: &dyn VectorStore,
        filter: &Filter,
        policy: &VisibilityPolicy,
        ranking: &[Ranked],
    ) -> Result<Self, StoreError> {
        let hits: Vec<&ChatMessage> = ranking.iter().take(HITS).map(|hit| &hit.message).collect();
        let places: Vec<Neighbourhood> = hits
            .iter()
            .map(|hit| Neighbourhood {
                channel_id: hit.channel_id.clone(),
                message_id: hit.message_id.clone(),
                before: REACH,
                after: REACH,
            })
            .collect();
        let around = if places.is_empty() { Vec::new() } else { store.neighbours(&places).await? };
        let parent_ids: Vec<MessageId> = hits.iter().filter_map(|hit| hit.reply_to.clone()).collect();
        let parents = if parent_ids.is_empty() { Vec::new() } else { store.get(&parent_ids).await? };
        let may = |message: &ChatMessage| is_inside(filter, message) && policy.admits(message);
        let mut windows = Self::default();
        for (hit, neighbours) in hits.into_iter().zip(around) {
            let mut window = ConversationWindow { channel: hit.channel_id.clone(), messages: BTreeMap::new() };
            let members = neighbours.into_iter().filter(|message| message.channel_id == hit.channel_id && may(message));
            for message in members.chain([hit.clone()]) {
                if let Some(id) = message.message_id.snowflake() {
                    window.messages.insert(id, message);
                }
            }
            windows.add(window);
        }
        let parents = parents.into_iter().filter(|parent| may(parent));
        windows.parents = parents.map(|parent| (parent.message_id.clone(), parent)).collect();
        Ok(windows)
    }

    /// Adds a window, as one with those that share a message with it.
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

    /// The window that a message stands in.
    pub(in crate::retrieval) fn of(&self, message: &ChatMessage) -> Option<&ConversationWindow> {
        let id = message.message_id.snowflake()?;
        self.all.iter().find(|window| window.channel == message.channel_id && window.messages.contains_key(&id))
    }

    /// The message that this one replies to, where it stands in the same channel.
    pub(in crate::retrieval) fn parent(&self, message: &ChatMessage) -> Option<&ChatMessage> {
        let parent = self.parents.get(message.reply_to.as_ref()?)?;
        (parent.channel_id == message.channel_id).then_some(parent)
    }
}

impl ConversationWindow {
    /// These messages of one channel.
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

/// Whether a message may be seen at all. The store has applied the filter to the hits; their neighbours and parents
/// come by another way. Who wrote them and when narrows what is searched for, not what is read around it.
fn is_inside(filter: &Filter, message: &ChatMessage) -> bool {
    let place = Filter { authors: Vec::new(), since: None, until: None, ..filter.clone() };
    place.matches(message)
}
