//! Excerpts of messages: the whole message when it fits, otherwise whole sentences from where it matches the
//! question. Code blocks stay whole or are left out, and addresses are never cut.

use super::rank;
use rtfm_memory::text;
use rtfm_shared::text::utf16_len;
use std::collections::HashSet;

/// Follows a text whose rest is omitted.
const MORE: &str = " …";
/// Replaces an omitted code block.
const NO_CODE: &str = "(code left out)";
/// The quotation mark of Markdown, which terminals show legibly too.
const MARK: &str = "> ";

/// Quotes a message as Markdown lines of at most `limit` characters that start with its speaker; `None` when no text
/// is left.
pub(super) fn quote(speaker: &str, content: &str, question: &HashSet<String>, limit: usize) -> Option<Vec<String>> {
    let content = unlike_citations(content);
    let pieces = pieces(&content);
    // Quotation marks add to each line, so the first try may be too long and the text shrinks.
    let mut max_chars = limit.saturating_sub(utf16_len(speaker));
    while max_chars > MORE.len() {
        let text = fit(&pieces, question, max_chars);
        let quoted = quoted(speaker, &text)?;
        let total: usize = quoted.iter().map(|line| utf16_len(line) + 1).sum();
        let over = total.saturating_sub(limit + 1);
        if over == 0 {
            return Some(quoted);
        }
        max_chars = max_chars.saturating_sub(over);
    }
    None
}

/// Keeps bracketed numbers in a message from reading as citations; they look unchanged.
fn unlike_citations(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        out.push('[');
        let number = after.split_once(']').map(|(inside, _)| inside.trim_start_matches(['[', '^', '#', ' ']));
        if number.is_some_and(|inside| inside.starts_with(|c: char| c.is_ascii_digit())) {
            out.push('\u{200b}');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A part of a message.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A sentence with its trailing white space.
    Sentence(&'a str),
    /// A code block with its fences.
    Code(&'a str),
}

impl Piece<'_> {
    /// Its length, with the line breaks around a code block.
    fn size(&self) -> usize {
        match self {
            Self::Sentence(text) => utf16_len(text),
            Self::Code(text) => utf16_len(text) + 2,
        }
    }
}

fn pieces(content: &str) -> Vec<Piece<'_>> {
    const FENCE: &str = "```";
    let mut pieces = Vec::new();
    let mut rest = content.trim();
    while let Some((prose, after)) = rest.split_once(FENCE) {
        // An unclosed fence is no block, and would swallow the text after the quotation.
        let Some(inside) = after.find(FENCE) else {
            pieces.extend(sentences(prose));
            pieces.extend(sentences(after));
            return pieces;
        };
        pieces.extend(sentences(prose));
        let (start, end) = (prose.len(), prose.len() + 2 * FENCE.len() + inside);
        pieces.extend(rest.get(start..end).map(Piece::Code));
        rest = rest.get(end..).unwrap_or_default();
    }
    pieces.extend(sentences(rest));
    pieces
}

fn sentences(text: &str) -> impl Iterator<Item = Piece<'_>> {
    text::sentences(text).into_iter().filter_map(|span| text.get(span)).map(Piece::Sentence)
}

/// Joins the pieces that fit into `max_chars` characters.
fn fit(pieces: &[Piece<'_>], question: &HashSet<String>, max_chars: usize) -> String {
    let whole: usize = pieces.iter().map(Piece::size).sum();
    let start = if whole <= max_chars { 0 } else { beginning(pieces, question, max_chars) };
    let mut text = if start == 0 { String::new() } else { "… ".to_owned() };
    let mut left = max_chars.saturating_sub(utf16_len(&text) + if whole <= max_chars { 0 } else { utf16_len(MORE) });
    let mut is_whole = true;
    for piece in pieces.iter().skip(start) {
        let is_first = text.trim_start_matches("… ").is_empty();
        match piece {
            Piece::Sentence(sentence) if piece.size() <= left => text.push_str(sentence),
            Piece::Code(code) if piece.size() <= left => push_line(&mut text, code),
            Piece::Code(_) if Piece::Code(NO_CODE).size() <= left => {
                left -= Piece::Code(NO_CODE).size();
                push_line(&mut text, NO_CODE);
                continue;
            }
            Piece::Sentence(sentence) if is_first => {
                text.push_str(&first_words(sentence, left));
                is_whole = false;
                break;
            }
            _ => {
                is_whole = false;
                break;
            }
        }
        left -= piece.size();
    }
    let text = text.trim_end();
    match text {
        _ if is_whole => balanced(text),
        // Discord closes a block only when its fence is alone on the line.
        _ if text.ends_with("```") => format!("{text}\n{}", MORE.trim_start()),
        _ => format!("{}{MORE}", balanced(text)),
    }
}

/// Adds text on lines of its own.
fn push_line(text: &mut String, line: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
}

/// The first piece to show: the start when it already covers the question, otherwise the sentence that shares most
/// words with it.
fn beginning(pieces: &[Piece<'_>], question: &HashSet<String>, max_chars: usize) -> usize {
    let mut best = (0, 0);
    let mut before = 0;
    for (place, piece) in pieces.iter().enumerate() {
        let (Piece::Sentence(text) | Piece::Code(text)) = piece;
        let shared = rank::all_words(text).intersection(question).count();
        let is_shown_anyway = before + utf16_len(text) <= max_chars / 2;
        before += utf16_len(text);
        if shared > best.0 && matches!(piece, Piece::Sentence(_)) {
            best = (shared, if is_shown_anyway { 0 } else { place });
        }
    }
    best.1
}

/// The whole words that fit. A word longer than the limit is cut, but never an address or the words of a link.
fn first_words(text: &str, max_chars: usize) -> String {
    let mut left = max_chars;
    let cut: String = text
        .chars()
        .take_while(|c| {
            let fits = c.len_utf16() <= left;
            left = left.saturating_sub(c.len_utf16());
            fits
        })
        .collect();
    if cut.len() == text.len() {
        return cut;
    }
    let word = cut.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let is_address = cut.get(word..).is_some_and(|word| word.contains("://"));
    let link = cut.rfind('[').filter(|at| {
        let is_link = text.get(*at..).is_some_and(|rest| rest.contains("]("));
        is_link && !cut.get(*at..).is_some_and(|rest| rest.contains(')'))
    });
    match cut.char_indices().rev().find(|(_, c)| c.is_whitespace()) {
        _ if link.is_some() => cut.get(..link.unwrap_or_default()).unwrap_or_default().to_owned(),
        Some((end, _)) if end > cut.len() / 2 || is_address => cut.get(..end).unwrap_or_default().to_owned(),
        None if is_address => String::new(),
        _ => cut,
    }
}

/// Closes markup that the cut left open; above all, a spoiler must stay hidden.
fn balanced(text: &str) -> String {
    let mut text = text.to_owned();
    let prose: String = text.split("```").step_by(2).collect();
    for mark in ["`", "**", "||"] {
        if prose.matches(mark).count() % 2 == 1 {
            // A back-tick next to another one would form a different mark.
            text.push_str(if text.ends_with('`') { " " } else { "" });
            text.push_str(mark);
        }
    }
    text
}

/// Prefixes every line with the quotation mark and the first one with the speaker. Heading and quotation marks
/// outside of code are removed.
fn quoted(speaker: &str, text: &str) -> Option<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        let is_code = in_code || line.trim_start().starts_with("```");
        if line.matches("```").count() % 2 == 1 {
            in_code = !in_code;
        }
        let line = if is_code { line.trim_end() } else { unmarked(line.trim()) };
        let doubles_a_gap = line.is_empty() && !is_code && lines.last().is_none_or(|last| last.as_str() == MARK.trim());
        if !doubles_a_gap {
            let line = if !lines.is_empty() {
                line.to_owned()
            } else if is_code {
                // A fence needs a line of its own.
                format!("{}\n{MARK}{line}", speaker.trim_end())
            } else {
                format!("{speaker}{line}")
            };
            lines.push(format!("{MARK}{line}").trim_end().to_owned());
        }
    }
    while lines.last().is_some_and(|last| last.as_str() == MARK.trim()) {
        lines.pop();
    }
    (!lines.is_empty()).then_some(lines)
}

fn unmarked(line: &str) -> &str {
    const MARKS: &[&str] = &[">>> ", "> ", "-# ", "### ", "## ", "# "];
    MARKS.iter().find_map(|mark| line.strip_prefix(mark)).map_or(line, unmarked)
}
