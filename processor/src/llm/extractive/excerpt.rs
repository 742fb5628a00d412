//! The part of a message worth quoting: whole when it fits, else whole sentences from where it speaks
//! of the question. Code blocks are kept whole or left out.

use super::{length, rank};
use std::collections::HashSet;

/// Says that something was left out.
const MORE: &str = " …";
/// Stands where a code block was.
const NO_CODE: &str = "(code left out)";
/// In a terminal and in Discord alike.
const MARK: &str = "> ";

/// The message as a Markdown quotation of at most `limit` characters; `None` when nothing is left of it.
pub(super) fn quote(content: &str, question: &HashSet<String>, limit: usize) -> Option<String> {
    let pieces = pieces(content);
    // Each line costs its mark, so the first try may turn out too long; the text then gives way.
    let mut room = limit;
    while room > MORE.len() {
        let text = fit(&pieces, question, room);
        let quoted = quoted(&text)?;
        let over = length(&quoted).saturating_sub(limit);
        if over == 0 {
            return Some(quoted);
        }
        room = room.saturating_sub(over);
    }
    None
}

/// A message taken apart.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A sentence with the white space after it.
    Sentence(&'a str),
    /// A fenced block, its fences included.
    Code(&'a str),
}

impl Piece<'_> {
    /// How many characters it takes, the line breaks around a block included.
    fn size(&self) -> usize {
        match self {
            Self::Sentence(text) => length(text),
            Self::Code(text) => length(text) + 2,
        }
    }
}

fn pieces(content: &str) -> Vec<Piece<'_>> {
    const FENCE: &str = "```";
    let mut pieces = Vec::new();
    let mut rest = content.trim();
    while let Some((prose, after)) = rest.split_once(FENCE) {
        // Fences without an end are no block, and would swallow what comes after the quotation.
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

/// Cuts after each mark that ends a sentence and is followed by a space, and after each line.
fn sentences(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut cuts = vec![0];
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_space = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        let ends = match c {
            '.' | '!' | '?' | '…' => next_is_space,
            '。' | '！' | '？' | '\n' => true,
            _ => false,
        };
        if ends {
            let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
            cuts.push(text.len() - rest.trim_start().len());
        }
    }
    cuts.push(text.len());
    cuts.dedup();
    let ranges: Vec<(usize, usize)> = cuts.iter().copied().zip(cuts.iter().copied().skip(1)).collect();
    let pieces = ranges.into_iter().filter(|(start, end)| start < end);
    pieces
        .filter_map(move |(start, end)| text.get(start..end))
        .filter(|text| !text.trim().is_empty())
        .map(Piece::Sentence)
}

/// The pieces that fit into `room` characters, joined.
fn fit(pieces: &[Piece<'_>], question: &HashSet<String>, room: usize) -> String {
    let whole: usize = pieces.iter().map(Piece::size).sum();
    let start = if whole <= room { 0 } else { beginning(pieces, question, room) };
    let mut text = if start == 0 { String::new() } else { "… ".to_owned() };
    let mut left = room.saturating_sub(length(&text) + if whole <= room { 0 } else { length(MORE) });
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
        // Nothing may stand beside the fence that ends a block.
        _ if text.ends_with("```") => format!("{text}\n{}", MORE.trim_start()),
        _ => format!("{}{MORE}", balanced(text)),
    }
}

/// Adds what stands on lines of its own.
fn push_line(text: &mut String, line: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
}

/// Where to begin: at the start if that shows what the question is about, else at the sentence that has
/// most of its words.
fn beginning(pieces: &[Piece<'_>], question: &HashSet<String>, room: usize) -> usize {
    let mut best = (0, 0);
    let mut before = 0;
    for (place, piece) in pieces.iter().enumerate() {
        let (Piece::Sentence(text) | Piece::Code(text)) = piece;
        let shared = rank::words(text).intersection(question).count();
        let is_shown_anyway = before + length(text) <= room / 2;
        before += length(text);
        if shared > best.0 && matches!(piece, Piece::Sentence(_)) {
            best = (shared, if is_shown_anyway { 0 } else { place });
        }
    }
    best.1
}

/// As many whole words as fit; one without end is cut.
fn first_words(text: &str, room: usize) -> String {
    let cut: String = text.chars().take(room).collect();
    match cut.char_indices().rev().find(|(_, c)| c.is_whitespace()) {
        Some((end, _)) if length(text) > room && end > cut.len() / 2 => cut.get(..end).unwrap_or_default().to_owned(),
        _ => cut,
    }
}

/// Closes what a cut left open: above all a spoiler, whose end was cut off, must stay one.
fn balanced(text: &str) -> String {
    let mut text = text.to_owned();
    let prose: String = text.split("```").step_by(2).collect();
    for mark in ["`", "**", "||"] {
        if prose.matches(mark).count() % 2 == 1 {
            // Next to another one it would be a different mark.
            text.push_str(if text.ends_with('`') { " " } else { "" });
            text.push_str(mark);
        }
    }
    text
}

/// Every line marked as quoted. Outside code, marks that would make a heading or a further quotation go.
fn quoted(text: &str) -> Option<String> {
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
            lines.push(format!("{MARK}{line}").trim_end().to_owned());
        }
    }
    while lines.last().is_some_and(|last| last.as_str() == MARK.trim()) {
        lines.pop();
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn unmarked(line: &str) -> &str {
    const MARKS: &[&str] = &[">>> ", "> ", "-# ", "### ", "## ", "# "];
    MARKS.iter().find_map(|mark| line.strip_prefix(mark)).map_or(line, unmarked)
}
