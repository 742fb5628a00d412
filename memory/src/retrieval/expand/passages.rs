//! Cuts passages around ranked messages and merges overlapping ones, so that readers see an answer in its conversation.

use super::window::ConversationWindows;
use crate::retrieval::Ranked;
use crate::store::FilePassage;
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Ranked messages that become passages.
const MAX_RANKED: usize = 10;
/// Messages before a ranked one; they usually contain its question.
const BEFORE: usize = 3;
/// Messages after a ranked one; they usually contain its answers.
const AFTER: usize = 4;

/// A part of a conversation in one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The messages, oldest first.
    pub messages: Vec<ChatMessage>,
    /// The scores of the ranked messages; the others are context.
    pub scores: HashMap<MessageId, f64>,
    /// The file passages that were found, by message.
    pub files: HashMap<MessageId, Vec<FilePassage>>,
}

impl Passage {
    /// The texts of its messages, file names and file passages.
    pub(in crate::retrieval) fn texts(&self) -> impl Iterator<Item = &str> {
        let contents = self.messages.iter().map(|message| message.content.as_str());
        let names = self.messages.iter().flat_map(|message| &message.attachments).map(|file| file.filename.as_str());
        let passages = self.files.values().flatten().map(|passage| passage.text.as_str());
        contents.chain(names).chain(passages)
    }

    fn best(&self) -> f64 {
        self.scores.values().copied().fold(0.0, f64::max)
    }
}

/// The passages of a ranking, best first. The windows hold only messages inside the filter, so neighbours are, too.
pub(in crate::retrieval) fn passages(ranking: &[Ranked], conversations: &ConversationWindows) -> Vec<Passage> {
    // Each ranked message starts a passage with its neighbours and the message that it replies to.
    let mut drafts: Vec<PassageDraft> = Vec::new();
    for ranked in ranking.iter().take(MAX_RANKED) {
        let message = &ranked.message;
        let Some(id) = message.message_id.snowflake() else { continue };
        let mut draft = PassageDraft { channel: message.channel_id.clone(), ..PassageDraft::default() };
        let around = conversations.of(message).into_iter().flat_map(|conversation| {
            conversation
                .before(id)
                .take(BEFORE)
                .chain(conversation.after(id).take(AFTER))
                .chain(conversations.parent(message))
        });
        for member in around.chain([message]) {
            if let Some(id) = member.message_id.snowflake() {
                draft.messages.insert(id, member.clone());
            }
        }
        draft.scores.insert(message.message_id.clone(), ranked.score);
        if !ranked.passages.is_empty() {
            draft.files.insert(message.message_id.clone(), ranked.passages.clone());
        }
        merge(&mut drafts, draft);
    }
    let mut passages: Vec<Passage> = drafts
        .into_iter()
        .map(|PassageDraft { messages, scores, files, .. }| Passage {
            messages: messages.into_values().collect(),
            scores,
            files,
        })
        .collect();
    // The sort is stable, so equal passages keep the order of their best hits.
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

/// Adds a draft and merges it with those that share a message with it.
fn merge(drafts: &mut Vec<PassageDraft>, mut draft: PassageDraft) {
    let ids: HashSet<u64> = draft.messages.keys().copied().collect();
    let overlaps =
        |other: &PassageDraft| other.channel == draft.channel && other.messages.keys().any(|id| ids.contains(id));
    let (overlapping, rest): (Vec<PassageDraft>, Vec<PassageDraft>) = drafts.drain(..).partition(overlaps);
    *drafts = rest;
    for other in overlapping {
        draft.messages.extend(other.messages);
        draft.scores.extend(other.scores);
        draft.files.extend(other.files);
    }
    drafts.push(draft);
}
