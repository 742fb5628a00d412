//! From ranked messages to passages: each with what stands around it, overlapping ones merged, so
//! that an answer is read in its conversation.

use super::window::ConversationWindows;
use crate::retrieval::Ranked;
use crate::store::FilePassage;
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Messages that become passages.
const SHOWN: usize = 10;
/// Messages taken before one: its question usually stands there.
const BEFORE: usize = 3;
/// Messages taken after one: its answers usually stand there.
const AFTER: usize = 4;

/// A window of conversation in one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The messages in order.
    pub messages: Vec<ChatMessage>,
    /// The score of each message that was ranked high enough to be shown for itself.
    pub scores: HashMap<MessageId, f64>,
    /// What was found in the files of messages.
    pub files: HashMap<MessageId, Vec<FilePassage>>,
}

impl Passage {
    /// What its messages say, the names of their files, and what was found in those.
    pub(in crate::retrieval) fn texts(&self) -> impl Iterator<Item = &str> {
        let said = self.messages.iter().map(|message| message.content.as_str());
        let names = self.messages.iter().flat_map(|message| &message.attachments).map(|file| file.filename.as_str());
        let read = self.files.values().flatten().map(|passage| passage.text.as_str());
        said.chain(names).chain(read)
    }

    fn best(&self) -> f64 {
        self.scores.values().copied().fold(0.0, f64::max)
    }
}

/// The passages of a ranking, best first. Nothing outside the filter comes in with the neighbours: the windows have
/// none of it.
pub(in crate::retrieval) fn passages(ranking: &[Ranked], conversations: &ConversationWindows) -> Vec<Passage> {
    // Each message is a window: itself, its neighbours, and the message it answers.
    let mut windows: Vec<PassageDraft> = Vec::new();
    for ranked in ranking.iter().take(SHOWN) {
        let message = &ranked.message;
        let Some(id) = message.message_id.snowflake() else { continue };
        let mut window = PassageDraft { channel: message.channel_id.clone(), ..PassageDraft::default() };
        let around = conversations.of(message).into_iter().flat_map(|conversation| {
            conversation
                .before(id)
                .take(BEFORE)
                .chain(conversation.after(id).take(AFTER))
                .chain(conversations.parent(message))
        });
        for member in around.chain([message]) {
            if let Some(id) = member.message_id.snowflake() {
                window.messages.insert(id, member.clone());
            }
        }
        window.scores.insert(message.message_id.clone(), ranked.score);
        if !ranked.passages.is_empty() {
            window.files.insert(message.message_id.clone(), ranked.passages.clone());
        }
        merge(&mut windows, window);
    }
    let mut passages: Vec<Passage> = windows
        .into_iter()
        .map(|PassageDraft { messages, scores, files, .. }| Passage {
            messages: messages.into_values().collect(),
            scores,
            files,
        })
        .collect();
    // Stable, so that equals keep the order of their best hits.
    passages.sort_by(|a, b| b.best().total_cmp(&a.best()));
    passages
}

#[derive(Debug, Default)]
struct PassageDraft {
    channel: ChannelId,
    messages: BTreeMap<u64, ChatMessage>,
    scores: HashMap<MessageId, f64>,
    files: HashMap<MessageId, Vec<FilePassage>>,
}

/// Adds a window, merged with those that share a message with it.
fn merge(windows: &mut Vec<PassageDraft>, mut window: PassageDraft) {
    let ids: HashSet<u64> = window.messages.keys().copied().collect();
    let overlaps =
        |other: &PassageDraft| other.channel == window.channel && other.messages.keys().any(|id| ids.contains(id));
    let (overlapping, rest): (Vec<PassageDraft>, Vec<PassageDraft>) = windows.drain(..).partition(overlaps);
    *windows = rest;
    for other in overlapping {
        window.messages.extend(other.messages);
        window.scores.extend(other.scores);
        window.files.extend(other.files);
    }
    windows.push(window);
}
