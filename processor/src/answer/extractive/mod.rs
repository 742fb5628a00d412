//! Answers without a model: the messages that fit a question best, quoted. Used where there is no key
//! for a model, or none answers.
//!
//! Pure and deterministic. The text is Markdown that reads well in Discord and, as it is, in a terminal:
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

/// The most messages that are quoted for themselves; the questions before them come on top.
const QUOTES: usize = 4;
/// The most characters of a whole answer as Discord shows it, with its links and the list of its sources: with a notice
/// it still is one message.
const TOTAL: usize = 1_800;
/// What a cited message takes besides its quotation: a link in the text, and a line with another in the list.
const SOURCE: usize = 280;
/// The most characters of the best message, of each other one, and of a question that one of them answers.
const FIRST: usize = 420;
const OTHER: usize = 220;
const ASKED: usize = 140;
/// With less room than this nothing worth reading can be quoted.
const LEAST: usize = 60;
/// Says that what follows is nobody's summary.
const INTRODUCTION: &str = "Quoted from the messages that fit best:";

/// A message that may be quoted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuoteCandidate<'a> {
    /// The message.
    pub(crate) evidence: &'a EvidenceItem,
    /// Which conversation it stands in; messages of one come in their order.
    pub(crate) conversation: usize,
    /// How well the search found it to fit; 0 for one that only stands near another.
    pub(crate) score: f64,
}

/// An answer made of quotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extract {
    /// The text, Markdown. Its citations are numbered in their order.
    pub(crate) text: String,
    /// The numbers that the cited messages have as evidence, in that order.
    pub(crate) cited: Vec<u32>,
}

/// Quotes what fits the question best; `None` when no candidate says anything.
pub(crate) fn answer(question: &str, candidates: &[QuoteCandidate<'_>], now: Timestamp) -> Option<Extract> {
    let words = rank::words(question);
    let mut best_first: Vec<&QuoteCandidate<'_>> = candidates.iter().collect();
    // The sort is stable: of equals the one that comes first stays so.
    best_first.sort_by(|a, b| b.score.total_cmp(&a.score));
    let best_first: Vec<&EvidenceItem> = best_first.into_iter().map(|candidate| candidate.evidence).collect();
    let best = rank::best(&words, &best_first, QUOTES);

    // The best are given room first, and shown in their conversations afterwards.
    let mut room = TOTAL.saturating_sub(length(INTRODUCTION));
    let mut chosen: Vec<group::Quoted<'_>> = Vec::new();
    for message in best {
        let limit = if chosen.is_empty() { FIRST } else { OTHER };
        let is_new = |quoted: &group::Quoted<'_>| quoted.message.n != message.n;
        if !chosen.iter().all(is_new) {
            continue;
        }
        let opens = group::opens(candidates, &chosen, message);
        let head = if opens { length(&group::heading(message, now)) + 2 } else { 0 };
        let Some(quoted) = group::quoted(message, &words, limit, room.saturating_sub(head)) else { continue };
        room = room.saturating_sub(head + quoted.cost());
        let asked = group::question_before(candidates, message, &words);
        chosen.push(quoted);
        if let Some(asked) = asked.filter(|asked| chosen.iter().all(|quoted| quoted.message.n != asked.n))
            && let Some(quoted) = group::quoted(asked, &words, ASKED, room)
        {
            room = room.saturating_sub(quoted.cost());
            chosen.push(quoted);
        }
    }
    (!chosen.is_empty()).then(|| group::written(candidates, chosen, now))
}

/// A name that Markdown cannot take for markup. Underscores inside words are left as they are: they mean
/// nothing there, and most names with one have it there.
fn plain(name: &str) -> String {
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

/// Characters as the strictest counter does: in UTF-16.
fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests;
