//! Numbered evidence: the messages of the retrieved passages, as the model may cite them, and the sources that
//! citations become.

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
    text::{disarmed, showable},
};

/// Characters of evidence per answer: some 8,000 tokens, enough for several conversations and cheap for every model.
/// [`super::budget`] reduces it for smaller models.
const BUDGET_CHARS: usize = 32_000;
/// Characters per message that the model sees; Discord's own limit is 4,000.
const MESSAGE_CHARS: usize = 4_000;
/// Characters of a source's excerpt.
const EXCERPT_CHARS: usize = 240;

/// A retrieved message as text, with its citation number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EvidenceItem {
    /// The citation number: `[n]` in prompts and answers.
    pub(crate) n: u32,
    /// The author's cleaned display name.
    pub(crate) username: String,
    /// The cleaned channel name, when the message has one.
    pub(crate) channel_name: Option<String>,
    /// The time of the message.
    pub(crate) timestamp: Timestamp,
    /// The cleaned text with file names and file passages.
    pub(crate) content: String,
}

impl EvidenceItem {
    /// The item as a model reads it.
    pub(crate) fn line(&self) -> String {
        format!("[{}] {} ({} UTC): {}", self.n, self.username, minute(self.timestamp), self.content)
    }
}

/// A time as a model reads it.
pub(crate) fn minute(time: Timestamp) -> impl std::fmt::Display {
    time.strftime("%Y-%m-%d %H:%M")
}

/// A message that an answer can cite.
#[derive(Clone, Debug)]
pub(crate) struct NumberedEvidence {
    /// The text that the model and the reader see, without secrets.
    pub(crate) evidence: EvidenceItem,
    pub(crate) message: ChatMessage,
    /// The retrieval score; 0 for context around a hit.
    pub(crate) score: f64,
    /// The index of its passage; 0 is the best.
    pub(crate) passage: usize,
    /// The file passage that matched, when the message itself did not.
    pub(crate) found_in: Option<FilePassage>,
}

/// Numbers the messages of the passages from 1, best passage first, within the character budget. Messages are never
/// split; a passage that exceeds the budget keeps its hits and the context that fits.
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

/// The matching file passages of a message.
fn files_of<'a>(passage: &'a Passage, message: &ChatMessage) -> &'a [FilePassage] {
    passage.files.get(&message.message_id).map(Vec::as_slice).unwrap_or_default()
}

/// The message's text, masked and then cut at Discord's limit, with its file names and matching file passages.
fn content(message: &ChatMessage, found: &[FilePassage]) -> String {
    // Half a secret is not recognised, so they are masked before the cut.
    let mut content: String = showable(&message.content).chars().take(MESSAGE_CHARS).collect();
    for file in message.attachments.iter().filter(|file| found.iter().all(|found| found.key != file_key(file))) {
        content.push_str(&format!("\n(file: {})", file.filename));
    }
    for FilePassage { file, text, .. } in found {
        content.push_str(&format!("\n(in {file})\n{text}"));
    }
    content.trim().to_owned()
}

/// The source for a cited message, numbered as in the answer.
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
        file: cited.found_in.as_ref().map(|passage| showable(&passage.file)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A message as evidence.
    pub(crate) fn numbered(n: u32, content: &str) -> NumberedEvidence {
        let evidence = EvidenceItem {
            n,
            username: "ana".to_owned(),
            channel_name: None,
            timestamp: Timestamp::UNIX_EPOCH,
            content: content.to_owned(),
        };
        NumberedEvidence { evidence, message: ChatMessage::default(), score: 0.0, passage: 0, found_in: None }
    }

    #[test]
    fn a_message_is_cut_after_its_secrets_are_masked() {
        let text = format!("{}/ghp_{}", "=".repeat(MESSAGE_CHARS - 20), "a1B2".repeat(9));
        let content = content(&ChatMessage { content: text, ..ChatMessage::default() }, &[]);
        assert!(content.starts_with("===") && !content.contains("a1B2"), "{content}");
    }
}
