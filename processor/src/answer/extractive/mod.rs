//! Answers without a model: quotations of the messages that fit a question best. They serve when no model is
//! configured or none answers.
//!
//! Pure and deterministic. The text is Markdown that reads well in Discord and unrendered in a terminal:
//!
//! ```text
//! Quoted from the messages that fit best:
//!
//! In #general, 2 Nov 2026 (3 days ago):
//! > ben: where is the API now? [1]
//! > ana: The endpoint is https://api.example.com/v2, the old one is gone. … [2]
//!
//! In #dev, 3 Oct 2026 (1 month ago):
//! > cid: It wants a token since yesterday. [3]
//! ```

mod excerpt;
mod group;
mod rank;
mod when;

use super::evidence::EvidenceItem;
use jiff::Timestamp;
use rtfm_shared::text::utf16_len;

/// The most messages that are quoted for themselves; the questions before them come on top.
const MAX_QUOTES: usize = 4;
/// The most characters of an answer as Discord shows it, with links and sources: together with a notice it fits one
/// message.
const MAX_CHARS: usize = 1_800;
/// Characters that a citation adds to its quotation: a link in the text and a line in the list of sources.
const SOURCE_CHARS: usize = 280;
/// The most characters of the best message, of each other one, and of a question that one of them answers.
const FIRST_CHARS: usize = 420;
const OTHER_CHARS: usize = 220;
const QUESTION_CHARS: usize = 140;
/// The fewest characters worth a quotation.
const MIN_CHARS: usize = 60;
/// The first line, which marks the answer as quotations.
const INTRODUCTION: &str = "Quoted from the messages that fit best:";

/// A message that the answer may quote.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuoteCandidate<'a> {
    /// The message as evidence.
    pub(crate) evidence: &'a EvidenceItem,
    /// The number of its conversation; messages of a conversation come in their order.
    pub(crate) conversation: usize,
    /// The retrieval score; 0 for context around a hit.
    pub(crate) score: f64,
}

/// An answer made of quotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extract {
    /// The text in Markdown, with citations numbered from 1.
    pub(crate) text: String,
    /// The evidence numbers of the cited messages, in citation order.
    pub(crate) cited: Vec<u32>,
}

/// Quotes the messages that fit the question best; `None` when no candidate has text.
pub(crate) fn answer(question: &str, candidates: &[QuoteCandidate<'_>], now: Timestamp) -> Option<Extract> {
    let words = rank::words(question);
    let mut best_first: Vec<&QuoteCandidate<'_>> = candidates.iter().collect();
    // The sort is stable, so equal scores keep their order.
    best_first.sort_by(|a, b| b.score.total_cmp(&a.score));
    let best_first: Vec<&EvidenceItem> = best_first.into_iter().map(|candidate| candidate.evidence).collect();
    let best = rank::best(&words, &best_first, MAX_QUOTES);

    // The best messages get characters first; the conversations order them afterwards.
    let mut remaining = MAX_CHARS.saturating_sub(utf16_len(INTRODUCTION));
    let mut chosen: Vec<group::Quoted<'_>> = Vec::new();
    for message in best {
        let limit = if chosen.is_empty() { FIRST_CHARS } else { OTHER_CHARS };
        let is_new = |quoted: &group::Quoted<'_>| quoted.message.n != message.n;
        if !chosen.iter().all(is_new) {
            continue;
        }
        let starts_conversation = group::starts_conversation(candidates, &chosen, message);
        let head = if starts_conversation { utf16_len(&group::heading(message, now)) + 2 } else { 0 };
        let Some(quoted) = group::quoted(message, &words, limit, remaining.saturating_sub(head)) else { continue };
        remaining = remaining.saturating_sub(head + quoted.cost());
        let asked = group::question_before(candidates, message, &words);
        chosen.push(quoted);
        if let Some(asked) = asked.filter(|asked| chosen.iter().all(|quoted| quoted.message.n != asked.n))
            && let Some(quoted) = group::quoted(asked, &words, QUESTION_CHARS, remaining)
        {
            remaining = remaining.saturating_sub(quoted.cost());
            chosen.push(quoted);
        }
    }
    (!chosen.is_empty()).then(|| group::assemble(candidates, chosen, now))
}

/// Escapes Markdown in a name. Underscores inside words stay, because they are no markup there.
fn escaped_name(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    let mut previous = None;
    while let Some(c) = chars.next() {
        let inside = |other: Option<char>| other.is_some_and(char::is_alphanumeric);
        let is_markup = match c {
            '*' | '~' | '`' | '|' | '\\' | '<' | '>' | '[' | ']' => true,
            '_' => !(inside(previous) && inside(chars.peek().copied())),
            '#' | '-' => previous.is_none(),
            _ => false,
        };
        if is_markup {
            escaped.push('\\');
        }
        escaped.push(c);
        previous = Some(c);
    }
    escaped
}

#[cfg(test)]
mod tests;
