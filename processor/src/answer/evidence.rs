//! From passages to numbered evidence: what the model may cite and what a citation means.

use jiff::Timestamp;
use rtfm_memory::{
    retrieval::Passage,
    store::{FilePassage, file_key},
    text::{
        clean::{self, DisplayNames, clean},
        excerpt,
    },
};
use rtfm_shared::{
    event::{ChatMessage, Source},
    text::disarmed,
};

/// Characters of messages that are read for one answer: some 8,000 tokens, room for several conversations and cheap
/// for every model. A model that takes less is given less ([`super::budget`]).
const BUDGET_CHARS: usize = 32_000;
/// Characters of one message that the model sees; Discord's own limit is 4,000.
const MESSAGE_CHARS: usize = 4_000;
/// Characters of a message shown as a source.
const EXCERPT_CHARS: usize = 240;

/// A message that was retrieved for a question, with the number it is cited by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EvidenceItem {
    /// Its number: `[n]` in prompts and answers.
    pub(crate) n: u32,
    /// Who wrote it.
    pub(crate) username: String,
    /// Where, when it is known.
    pub(crate) channel_name: Option<String>,
    /// When.
    pub(crate) timestamp: Timestamp,
    /// What it says.
    pub(crate) content: String,
}

/// A message that may be cited.
#[derive(Clone, Debug)]
pub(crate) struct NumberedEvidence {
    /// What the model and the reader see: clean, without secrets.
    pub(crate) evidence: EvidenceItem,
    /// The message itself.
    pub(crate) message: ChatMessage,
    /// Its retrieval score; 0 for one that only stands near a hit.
    pub(crate) score: f64,
    /// Which passage it stands in, from 0, best first.
    pub(crate) passage: usize,
    /// The passage of a file of its that was found rather than what it says itself.
    pub(crate) found_in: Option<FilePassage>,
}

/// Numbers the messages of the passages from 1, best passage first, as far as the budget goes. A
/// message is in or out whole; of a passage that does not fit, its hits and what fits beside them stay.
pub(crate) fn number(passages: &[Passage]) -> Vec<NumberedEvidence> {
    let names = DisplayNames::of(passages.iter().flat_map(|passage| &passage.messages));
    let mut left = BUDGET_CHARS;
    let mut numbered = Vec::new();
    for (index, passage) in passages.iter().enumerate() {
        let (hits, others): (Vec<_>, Vec<_>) =
            passage.messages.iter().partition(|message| passage.scores.contains_key(&message.message_id));
        let mut chosen: Vec<&ChatMessage> = Vec::new();
        for message in hits.into_iter().chain(others) {
            let size = content(message, files_of(passage, message)).chars().count();
            if size <= left {
                left -= size;
                chosen.push(message);
            }
        }
        chosen.sort_by_key(|message| message.message_id.snowflake());
        for message in chosen {
            let n = u32::try_from(numbered.len() + 1).unwrap_or(u32::MAX);
            let found = files_of(passage, message);
            let evidence = EvidenceItem {
                n,
                username: clean::display_name(&message.username),
                channel_name: message.metadata.channel_name.as_deref().map(clean::display_name),
                timestamp: message.timestamp,
                content: clean(&content(message, found), &names),
            };
            let score = passage.scores.get(&message.message_id).copied().unwrap_or_default();
            let found_in = found.first().cloned();
            numbered.push(NumberedEvidence { evidence, message: message.clone(), score, passage: index, found_in });
        }
    }
    numbered
}

/// What was found in the files of a message.
fn files_of<'a>(passage: &'a Passage, message: &ChatMessage) -> &'a [FilePassage] {
    passage.files.get(&message.message_id).map(Vec::as_slice).unwrap_or_default()
}

/// The text of a message with the names of its files and what was found in them. A message is shortened where it is
/// longer than Discord allows.
fn content(message: &ChatMessage, found: &[FilePassage]) -> String {
    let mut content: String = message.content.chars().take(MESSAGE_CHARS).collect();
    for file in message.attachments.iter().filter(|file| found.iter().all(|found| found.key != file_key(file))) {
        content.push_str(&format!("\n(file: {})", file.filename));
    }
    for FilePassage { file, text, .. } in found {
        content.push_str(&format!("\n(in {file})\n{text}"));
    }
    content.trim().to_owned()
}

/// A cited message as a source with the number it has in the answer.
pub(crate) fn source(n: u32, cited: &NumberedEvidence) -> Source {
    let message = &cited.message;
    Source {
        n,
        message_id: message.message_id.clone(),
        channel_id: message.channel_id.clone(),
        guild_id: message.guild_id.clone(),
        channel_name: cited.evidence.channel_name.clone(),
        username: cited.evidence.username.clone(),
        timestamp: message.timestamp,
        excerpt: disarmed(&match &cited.found_in {
            Some(passage) => excerpt(&clean(&passage.text, &DisplayNames::default()), EXCERPT_CHARS),
            None => excerpt(&cited.evidence.content, EXCERPT_CHARS),
        }),
        score: cited.score,
        file: cited.found_in.as_ref().map(|passage| passage.file.clone()),
    }
}
