//! Quotations in their conversations: who said what to whom, with the question that a message answers.

use super::{Extract, INTRODUCTION, LEAST, QuoteCandidate, SOURCE, excerpt, length, plain, rank, when};
use crate::answer::evidence::EvidenceItem;
use jiff::Timestamp;
use std::collections::HashSet;

/// How many messages before an answer its question may stand.
const BEFORE: usize = 3;

/// A message with what is quoted of it.
#[derive(Debug)]
pub(super) struct Quoted<'a> {
    pub(super) message: &'a EvidenceItem,
    lines: Vec<String>,
}

impl Quoted<'_> {
    /// The characters that it takes as Discord shows it.
    pub(super) fn cost(&self) -> usize {
        SOURCE + self.lines.iter().map(|line| length(line) + 1).sum::<usize>()
    }
}

/// What is quoted of a message in so many characters, of which its source takes its share; `None` when that is
/// nothing worth reading.
pub(super) fn quoted<'a>(
    message: &'a EvidenceItem,
    question: &HashSet<String>,
    limit: usize,
    room: usize,
) -> Option<Quoted<'a>> {
    let limit = room.checked_sub(SOURCE).map(|left| left.min(limit)).filter(|left| *left >= LEAST)?;
    let speaker = format!("{}: ", speaker(message));
    let lines = excerpt::quote(&speaker, &message.content, question, limit)?;
    Some(Quoted { message, lines })
}

/// The question that somebody else asked shortly before a message in its conversation, if it is about the matter.
pub(super) fn question_before<'a>(
    candidates: &[QuoteCandidate<'a>],
    message: &EvidenceItem,
    words: &HashSet<String>,
) -> Option<&'a EvidenceItem> {
    let place = candidates.iter().position(|candidate| candidate.evidence.n == message.n)?;
    let conversation = candidates.get(place)?.conversation;
    let asks = |content: &str| content.trim_end().ends_with(['?', '？', '؟']);
    if asks(&message.content) {
        return None;
    }
    let before = candidates.iter().take(place).rev().take(BEFORE);
    let mut before = before.filter(|candidate| candidate.conversation == conversation).map(|one| one.evidence);
    let of_the_matter = |content: &str| !rank::words(content).is_disjoint(words);
    before.find(|other| other.username != message.username && asks(&other.content) && of_the_matter(&other.content))
}

/// Whether a message is the first of its conversation among those chosen.
pub(super) fn opens(candidates: &[QuoteCandidate<'_>], chosen: &[Quoted<'_>], message: &EvidenceItem) -> bool {
    let of = |n: u32| candidates.iter().find(|one| one.evidence.n == n).map(|one| one.conversation);
    chosen.iter().all(|quoted| of(quoted.message.n) != of(message.n))
}

/// Where and when a conversation was.
pub(super) fn heading(first: &EvidenceItem, now: Timestamp) -> String {
    let when = when::said(first.timestamp, now);
    let name = first.channel_name.as_deref().map(|name| {
        let name: String = name.trim_start_matches('#').chars().filter(|c| !c.is_control()).take(100).collect();
        plain(&name)
    });
    match name {
        Some(name) => format!("In #{name}, {when}:"),
        None => format!("{}{}:", when.get(..1).unwrap_or_default().to_uppercase(), when.get(1..).unwrap_or_default()),
    }
}

fn speaker(message: &EvidenceItem) -> String {
    let name: String = message.username.chars().filter(|c| !c.is_control()).take(40).collect();
    if name.trim().is_empty() { "somebody".to_owned() } else { plain(name.trim()) }
}

/// The answer: conversations in the order of their best messages, messages in the order they were written.
pub(super) fn written(candidates: &[QuoteCandidate<'_>], chosen: Vec<Quoted<'_>>, now: Timestamp) -> Extract {
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
            // Nothing may stand beside the fence that ends a block.
            extract.text.push_str(&if ends_in_code { format!("\n> {citation}") } else { format!(" {citation}") });
        }
    }
    extract
}
