//! Text cut into passages: long enough to carry meaning, short enough for one topic. A passage is an unchanged piece of
//! the text. Neighbours overlap a little, so that one of them holds a whole sentence where the cut would split it.

use std::{collections::VecDeque, iter::Peekable};

/// A passage ends once it has this many characters.
const TARGET_CHARS: usize = 900;
/// The most characters of a passage.
pub(super) const MAX_CHARS: usize = 1_200;
/// The most characters that two passages share.
const MAX_OVERLAP: usize = 150;
/// The most characters of a unit; a longer one is split.
const MAX_UNIT_CHARS: usize = MAX_CHARS - MAX_OVERLAP;
/// Paragraphs up to this length stay whole.
const MAX_WHOLE_PARAGRAPH: usize = 600;
/// The most characters of a table's header.
const MAX_HEADER: usize = 300;

/// Cuts between paragraphs, and between the sentences of long paragraphs.
pub(super) fn of_prose(text: &str) -> impl Iterator<Item = String> {
    let units = paragraphs(text).flat_map(|paragraph| {
        if length(paragraph) <= MAX_WHOLE_PARAGRAPH {
            vec![paragraph]
        } else {
            sentences(paragraph).into_iter().flat_map(pieces).collect()
        }
    });
    Packing::new(text, units, MAX_CHARS, MAX_OVERLAP).map(|passage| passage.trim().to_owned())
}

/// Cuts only between lines, so that a row or a statement stays whole.
pub(super) fn of_lines(text: &str) -> impl Iterator<Item = String> {
    let units = text.split_inclusive('\n').flat_map(pieces);
    Packing::new(text, units, MAX_CHARS, MAX_OVERLAP).map(plain)
}

/// Cuts between rows, and repeats the table's first line above each passage.
pub(super) fn of_table(text: &str) -> impl Iterator<Item = String> {
    let text = text.trim_start_matches('\n');
    let (header, rows) = text.split_once('\n').unwrap_or((text, ""));
    let header: String = header.chars().take(MAX_HEADER).collect();
    let only_header = (rows.trim().is_empty() && !header.trim().is_empty()).then(|| header.clone());
    let units = records(rows).into_iter().flat_map(pieces);
    let packing = Packing::new(rows, units, MAX_CHARS - MAX_HEADER - 1, 0);
    packing.map(move |rows| format!("{header}\n{}", plain(rows))).chain(only_header)
}

fn plain(lines: &str) -> String {
    lines.trim_start_matches('\n').trim_end().to_owned()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Paragraphs, each with the empty lines after it.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match rest.find("\n\n") {
            Some(gap) => rest.len() - rest.get(gap..)?.trim_start_matches('\n').len(),
            None => rest.len(),
        };
        let (paragraph, after) = rest.split_at_checked(end)?;
        rest = after;
        (!paragraph.is_empty()).then_some(paragraph)
    })
}

/// Sentences and lines, each with the white space after it. Unlike the ranges of `rtfm_memory::text::sentences`, these
/// units cover the whole text, white space included, because [`Packing`] finds its place by their lengths.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let before_space = chars.peek().is_some_and(|(_, next)| next.is_whitespace());
        let ends = match c {
            '\n' | '。' | '！' | '？' => true,
            ' ' | '\t' => text.get(start..at).is_some_and(|so_far| so_far.ends_with(['.', '!', '?', '…'])),
            _ => false,
        };
        if ends && !before_space {
            let end = at + c.len_utf8();
            found.extend(text.get(start..end));
            start = end;
        }
    }
    found.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    found
}

/// The rows of a table, each with its line end. A row may have line ends inside quotation marks, up to the length of a
/// passage, so that an unclosed mark does not swallow the table.
fn records(rows: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut end, mut open) = (0, 0, false);
    for line in rows.split_inclusive('\n') {
        end += line.len();
        open ^= line.matches('"').count() % 2 == 1;
        if !open || end - start > MAX_CHARS {
            found.extend(rows.get(start..end));
            (start, open) = (end, false);
        }
    }
    found.extend(rows.get(start..).filter(|rest| !rest.is_empty()));
    found
}

/// Splits a text into pieces of at most a unit's length, at white space if possible.
fn pieces(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((cut, _)) = rest.char_indices().nth(MAX_UNIT_CHARS) {
        let head = rest.get(..cut).unwrap_or(rest);
        let space = head.rfind(char::is_whitespace).filter(|space| space * 2 > cut);
        let end = space.and_then(|space| Some(space + head.get(space..)?.chars().next()?.len_utf8())).unwrap_or(cut);
        let Some((piece, after)) = rest.split_at_checked(end) else { break };
        found.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// Packs the consecutive units of a text into passages.
struct Packing<'a, I: Iterator<Item = &'a str>> {
    text: &'a str,
    units: Peekable<I>,
    /// Where the next passage begins.
    start: usize,
    /// Where the next unit begins.
    end: usize,
    max_chars: usize,
    overlap: usize,
}

impl<'a, I: Iterator<Item = &'a str>> Packing<'a, I> {
    fn new(text: &'a str, units: I, max_chars: usize, overlap: usize) -> Self {
        Self { text, units: units.peekable(), start: 0, end: 0, max_chars, overlap }
    }
}

impl<'a, I: Iterator<Item = &'a str>> Iterator for Packing<'a, I> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let begin = self.start;
            let mut size = length(self.text.get(begin..self.end)?);
            // The passage's last units, as many as the next passage may repeat.
            let mut tail: VecDeque<(usize, usize)> = VecDeque::new();
            let mut repeated = 0;
            let mut is_empty = true;
            while let Some(unit) = self.units.peek() {
                let more = length(unit);
                if !is_empty && (size >= TARGET_CHARS.min(self.max_chars) || size + more > self.max_chars) {
                    break;
                }
                tail.push_back((self.end, more));
                repeated += more;
                while repeated > self.overlap {
                    let Some((_, first)) = tail.pop_front() else { break };
                    repeated -= first;
                }
                (size, is_empty) = (size + more, false);
                self.end += unit.len();
                self.units.next();
            }
            if is_empty {
                return None;
            }
            self.start = tail.front().map_or(self.end, |(at, _)| *at);
            let passage = self.text.get(begin..self.end)?;
            if !passage.trim().is_empty() {
                return Some(passage);
            }
            self.start = self.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_texts_are_one_passage() {
        assert_eq!(of_prose("\n\nOne.\n\n\nTwo.\n").collect::<Vec<_>>(), ["One.\n\n\nTwo."]);
        assert_eq!(of_lines("\n    indented\nnot\n\n").collect::<Vec<_>>(), ["    indented\nnot"]);
        assert_eq!(of_prose(" \n \n").count() + of_lines("\n\n").count() + of_table("\n").count(), 0);
    }

    #[test]
    fn prose_is_cut_between_paragraphs() {
        let text: String = (0..12).map(|n| format!("Paragraph {n}. {}\n\n", "Some words. ".repeat(30))).collect();
        let passages: Vec<String> = of_prose(&text).collect();
        assert!(passages.len() >= 4, "{}", passages.len());
        for passage in &passages {
            assert!(passage.starts_with("Paragraph") && passage.ends_with("words."), "{passage}");
        }
    }

    #[test]
    fn a_long_paragraph_is_cut_between_sentences_with_a_little_overlap() {
        let text: String = (0..60).map(|n| format!("This is the sentence with the number {n}. ")).collect();
        let passages: Vec<String> = of_prose(&text).collect();
        assert!(passages.iter().all(|passage| passage.starts_with("This") && passage.ends_with('.')));
        for pair in passages.windows(2) {
            let last = pair[0].rsplit_once("This").unwrap().1;
            assert!(pair[1].contains(last), "the next passage begins with the last sentence: {last}");
        }
    }

    #[test]
    fn code_is_cut_between_lines() {
        let text: String = (0..200).map(|n| format!("    let x{n} = compute({n});\n")).collect();
        for passage in of_lines(&text) {
            assert!(passage.starts_with("    let x") && passage.ends_with(");"), "{passage}");
        }
    }

    #[test]
    fn rows_keep_their_header() {
        let rows: String = (0..300).map(|n| format!("service-{n},{n},\"two\nlines\"\n")).collect();
        let passages: Vec<String> = of_table(&format!("name,port,notes\n{rows}")).collect();
        assert!(passages.len() > 5);
        for passage in &passages {
            assert!(passage.starts_with("name,port,notes\nservice-") && passage.ends_with("lines\""), "{passage}");
        }
        assert_eq!(of_table("only,a,header").collect::<Vec<_>>(), ["only,a,header"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn nothing_is_lost_and_nothing_is_too_long(words in prop::collection::vec("[a-zé.!]{1,30}|\n|\n\n|\"", 0..900)) {
            let text = words.join(" ");
            let cuts: [Vec<String>; 3] =
                [of_prose(&text).collect(), of_lines(&text).collect(), of_table(&text).collect()];
            for passages in cuts {
                prop_assert!(passages.iter().all(|passage| length(passage) <= MAX_CHARS));
                let all: std::collections::HashSet<&str> =
                    passages.iter().flat_map(|passage| passage.split_whitespace()).collect();
                let first_line = text.trim_start_matches('\n').lines().next().unwrap_or_default();
                prop_assert!(length(first_line) > MAX_HEADER || text.split_whitespace().all(|word| all.contains(word)));
            }
        }

        #[test]
        fn text_without_a_break_is_cut_too(c in any::<char>(), count in 1..9_000_usize) {
            let text: String = std::iter::repeat_n(c, count).collect();
            prop_assert!(of_prose(&text).chain(of_lines(&text)).all(|passage| length(&passage) <= MAX_CHARS));
        }
    }
}
