//! Groups quotations by conversation, with the question that a message answers.

use super::{Extract, INTRODUCTION, MIN_CHARS, QuoteCandidate, SOURCE_CHARS, escaped_name, excerpt, rank, when};
use crate::answer::evidence::EvidenceItem;
use jiff::Timestamp;
use rtfm_shared::text::{ends_with_question_mark, utf16_len};
use std::collections::HashSet;

/// How far before an answer its question may be, in messages.
const MAX_TURNS_BEFORE: usize = 3;

/// A message and its quoted lines.
#[derive(Debug)]
pub(super) struct Quoted<'a> {
    pub(super) message: &'a EvidenceItem,
    lines: Vec<String>,
}

impl Quoted<'_> {
    /// Its length in Discord, citation included.
    pub(super) fn cost(&self) -> usize {
        SOURCE_CHARS + self.lines.iter().map(|line| utf16_len(line) + 1).sum::<usize>()
    }
}

/// Quotes a message within `limit` characters and, with its source, within `max_chars`; `None` when the quotation
/// would be too short.
pub(super) fn quoted<'a>(
    message: &'a EvidenceItem,
    question: &HashSet<String>,
    limit: usize,
    max_chars: usize,
) -> Option<Quoted<'a>> {
    let limit = max_chars.checked_sub(SOURCE_CHARS).map(|left| left.min(limit)).filter(|left| *left >= MIN_CHARS)?;
    let speaker = format!("{}: ", speaker(message));
    let lines = excerpt::quote(&speaker, &message.content, question, limit)?;
    Some(Quoted { message, lines })
}

/// The question that another author asked shortly before a message of the same conversation and that shares words
/// with the asked one.
pub(super) fn question_before<'a>(
    candidates: &[QuoteCandidate<'a>],
    message: &EvidenceItem,
    words: &HashSet<String>,
) -> Option<&'a EvidenceItem> {
    let place = candidates.iter().position(|candidate| candidate.evidence.n == message.n)?;
    let conversation = candidates.get(place)?.conversation;
    let asks = ends_with_question_mark;
    if asks(&message.content) {
        return None;
    }
    let before = candidates.iter().take(place).rev().take(MAX_TURNS_BEFORE);
    let mut before = before.filter(|candidate| candidate.conversation == conversation).map(|one| one.evidence);
    let is_on_topic = |content: &str| !rank::words(content).is_disjoint(words);
    before.find(|other| other.username != message.username && asks(&other.content) && is_on_topic(&other.content))
}

/// Whether a message is the first chosen one of its conversation.
pub(super) fn starts_conversation(
    candidates: &[QuoteCandidate<'_>],
    chosen: &[Quoted<'_>],
    message: &EvidenceItem,
) -> bool {
    let of = |n: u32| candidates.iter().find(|one| one.evidence.n == n).map(|one| one.conversation);
    chosen.iter().all(|quoted| of(quoted.message.n) != of(message.n))
}

/// The heading of a conversation: channel and date.
pub(super) fn heading(first: &EvidenceItem, now: Timestamp) -> String {
    let when = when::date_and_age(first.timestamp, now);
    let name = first.channel_name.as_deref().map(|name| {
        let name: String = name.trim_start_matches('#').chars().filter(|c| !c.is_control()).take(100).collect();
        escaped_name(&name)
    });
    match name {
        Some(name) => format!("In #{name}, {when}:"),
        None => format!("{}{}:", when.get(..1).unwrap_or_default().to_uppercase(), when.get(1..).unwrap_or_default()),
    }
}

fn speaker(message: &EvidenceItem) -> String {
    let name: String = message.username.chars().filter(|c| !c.is_control()).take(40).collect();
    if name.trim().is_empty() { "somebody".to_owned() } else { escaped_name(name.trim()) }
}

/// Assembles the answer: conversations in the order of their best messages, messages in the order of writing.
pub(super) fn assemble(candidates: &[QuoteCandidate<'_>], chosen: Vec<Quoted<'_>>, now: Timestamp) -> Extract {
    let place = |n: u32| candidates.iter().position(|one| one.evidence.n == n).unwrap_or(usize::MAX);
    let conversation = |n: u32| candidates.get(place(n)).map_or(usize::MAX, |one| one.conversation);
    let mut conversations: Vec<(usize, Vec<Quoted<'_>>)> = Vec::new();
    for quoted in chosen {
        let number = conversation(quoted.message.n);
        match conversations.iter_mut().find(|(known, _)| *known == number) {
            Some((_, quotes)) => quotes.push(quoted),
            None => conversations.push((number, vec![quoted])),
        }
    }
    let mut extract = Extract { text: INTRODUCTION.to_owned(), cited: Vec::new() };
    for (_, mut quotes) in conversations {
        quotes.sort_by_key(|quoted| place(quoted.message.n));
        if let Some(first) = quotes.first() {
            extract.text.push_str(&format!("\n\n{}", heading(first.message, now)));
        }
        for quoted in quotes {
            extract.cited.push(quoted.message.n);
            let citation = format!("[{}]", extract.cited.len());
            let ends_in_code = quoted.lines.last().is_some_and(|line| line.trim_end().ends_with("```"));
            extract.text.push('\n');
            extract.text.push_str(&quoted.lines.join("\n"));
            // Discord closes a block only when its fence is alone on the line.
            extract.text.push_str(&if ends_in_code { format!("\n> {citation}") } else { format!(" {citation}") });
        }
    }
    extract
}
