//! From ranked messages to passages: each hit with what stands around it, overlapping ones merged, so
//! that an answer is read in its conversation.

use super::fuse::Ranked;
use crate::{
    keeper::Gate,
    store::{FilePassage, Filter, Neighbourhood, StoreError, VectorStore},
};
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Hits that become passages.
const HITS: usize = 10;
/// Messages taken before a hit: its question usually stands there.
const BEFORE: usize = 3;
/// Messages taken after a hit: its answers usually stand there.
const AFTER: usize = 4;

/// A stretch of conversation in one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The messages in order.
    pub messages: Vec<ChatMessage>,
    /// The score of each message that was a hit itself.
    pub scores: HashMap<MessageId, f64>,
    /// What was found in the files of messages.
    pub files: HashMap<MessageId, Vec<FilePassage>>,
}

impl Passage {
    /// What its messages say, the names of their files, and what was found in those.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let said = self.messages.iter().map(|message| message.content.as_str());
        let names = self.messages.iter().flat_map(|message| &message.attachments).map(|file| file.filename.as_str());
        let read = self.files.values().flatten().map(|passage| passage.text.as_str());
        said.chain(names).chain(read)
    }

    fn best(&self) -> f64 {
        self.scores.values().copied().fold(0.0, f64::max)
    }
}

/// The passages of a ranking, best first. Nothing outside the filter comes in with the neighbours.
pub(super) async fn passages(
    store: &dyn VectorStore,
    filter: &Filter,
    gate: &Gate,
    ranking: &[Ranked],
) -> Result<Vec<Passage>, StoreError> {
    let hits: Vec<&Ranked> = ranking.iter().take(HITS).collect();
    let places: Vec<Neighbourhood> = hits
        .iter()
        .map(|hit| Neighbourhood {
            channel_id: hit.message.channel_id.clone(),
            message_id: hit.message.message_id.clone(),
            before: BEFORE,
            after: AFTER,
        })
        .collect();
    let around = store.neighbours(&places).await?;
    let parent_ids: Vec<MessageId> = hits.iter().filter_map(|hit| hit.message.reply_to.clone()).collect();
    let parents = if parent_ids.is_empty() { Vec::new() } else { store.get(&parent_ids).await? };

    // Each hit is a window: itself, its neighbours, and the message it answers.
    let mut windows: Vec<Window> = Vec::new();
    for (hit, neighbours) in hits.iter().zip(around) {
        let parent = parents.iter().filter(|parent| Some(&parent.message_id) == hit.message.reply_to.as_ref());
        let members = neighbours.into_iter().chain(parent.cloned()).chain([hit.message.clone()]);
        let mut window = Window { channel: hit.message.channel_id.clone(), ..Window::default() };
        let may = |message: &ChatMessage| is_inside(filter, message) && gate.admits(message);
        for message in members.filter(|message| message.channel_id == window.channel && may(message)) {
            if let Some(id) = message.message_id.snowflake() {
                window.messages.insert(id, message);
            }
        }
        window.scores.insert(hit.message.message_id.clone(), hit.score);
        if !hit.passages.is_empty() {
            window.files.insert(hit.message.message_id.clone(), hit.passages.clone());
        }
        merge(&mut windows, window);
    }
    let mut passages: Vec<Passage> = windows
        .into_iter()
        .map(|Window { messages, scores, files, .. }| Passage {
            messages: messages.into_values().collect(),
            scores,
            files,
        })
        .collect();
    // Stable, so that equals keep the order of their best hits.
    passages.sort_by(|a, b| b.best().total_cmp(&a.best()));
    Ok(passages)
}

#[derive(Debug, Default)]
struct Window {
    channel: ChannelId,
    messages: BTreeMap<u64, ChatMessage>,
    scores: HashMap<MessageId, f64>,
    files: HashMap<MessageId, Vec<FilePassage>>,
}

/// Adds a window, merged with those that share a message with it.
fn merge(windows: &mut Vec<Window>, mut window: Window) {
    let ids: HashSet<u64> = window.messages.keys().copied().collect();
    let overlaps = |other: &Window| other.channel == window.channel && other.messages.keys().any(|id| ids.contains(id));
    let (overlapping, rest): (Vec<Window>, Vec<Window>) = windows.drain(..).partition(overlaps);
    *windows = rest;
    for other in overlapping {
        window.messages.extend(other.messages);
        window.scores.extend(other.scores);
        window.files.extend(other.files);
    }
    windows.push(window);
}

/// Whether a message may be seen at all. The store has applied the filter to the hits; their neighbours and parents
/// come by another way. Who wrote them and when narrows what is searched for, not what is read around it.
fn is_inside(filter: &Filter, message: &ChatMessage) -> bool {
    let place = Filter { authors: Vec::new(), since: None, until: None, ..filter.clone() };
    place.lets_through(message)
}
