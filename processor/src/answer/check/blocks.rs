//! Splits a text into blocks (paragraphs, list items, headings, quotations, code) and blocks into sentences.

use super::citations;
use rtfm_memory::text::sentences;
use std::ops::Range;

/// The kind of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// A paragraph of running text.
    Prose,
    /// A list item with its indentation in bytes.
    Item(usize),
    /// A line that names what follows.
    Heading,
    /// Lines that start with `>`.
    Quote,
    /// A fenced code block.
    Code,
}

/// A part of a text that the checks judge as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    /// Its byte range, without the final line break.
    pub(super) range: Range<usize>,
}

impl Block {
    /// The ranges of its sentences, each with the citations directly after it. Only prose and items are split. In an
    /// unfinished block, an open quotation and everything after it form one sentence.
    pub(super) fn sentences(&self, text: &str, unfinished: bool) -> Vec<Range<usize>> {
        if !matches!(self.kind, BlockKind::Prose | BlockKind::Item(_)) {
            return vec![self.range.clone()];
        }
        let own = text.get(self.range.clone()).unwrap_or_default();
        let mut ends: Vec<usize> = Vec::new();
        for sentence in sentences(own) {
            // A citation after the full stop belongs to the sentence before it.
            let cited = citations::leading(own.get(sentence.start..).unwrap_or_default());
            if let Some(last) = ends.last_mut().filter(|_| cited > 0) {
                *last = sentence.start + cited;
                if sentence.start + cited >= sentence.end {
                    continue;
                }
            }
            ends.push(sentence.end);
        }
        let ends = without_cut_quotes(own, ends, unfinished);
        let starts = [0].into_iter().chain(ends.iter().copied());
        let spans = starts.zip(ends.iter().copied()).filter(|(start, end)| start < end);
        spans.map(|(start, end)| self.range.start + start..self.range.start + end).collect()
    }
}

/// Drops sentence ends inside quotations. A mark that never closes starts no quotation, unless the text is unfinished.
fn without_cut_quotes(text: &str, mut ends: Vec<usize>, unfinished: bool) -> Vec<usize> {
    let is_in_quotation = |end: usize| {
        let before = text.get(..end).unwrap_or_default();
        let count = |marks: &[char]| before.matches(marks).count();
        count(&['"']) % 2 == 1 || count(&['“', '„']) > count(&['”']) || count(&['「', '『']) > count(&['」', '』'])
    };
    let stray = text.rfind(['"', '“', '„', '「', '『']).filter(|_| is_in_quotation(text.len()) && !unfinished);
    ends.retain(|end| *end == text.len() || stray.is_some_and(|stray| *end > stray) || !is_in_quotation(*end));
    ends
}

/// Splits a text into its blocks, in order.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut at = 0;
    let (mut in_code, mut after_gap) = (false, true);
    for line in text.split_inclusive('\n') {
        let range = at..at + line.trim_end().len();
        at += line.len();
        let line = line.trim_end();
        let fences = line.matches("```").count();
        let last = blocks.last_mut().filter(|_| !after_gap);
        if in_code {
            in_code = fences % 2 == 0;
            extend(blocks.last_mut(), range);
        } else if line.trim().is_empty() {
            after_gap = true;
            continue;
        } else if line.trim_start().starts_with('>') {
            match last {
                Some(block) if block.kind == BlockKind::Quote => block.range.end = range.end,
                _ => blocks.push(Block { kind: BlockKind::Quote, range }),
            }
        } else if fences % 2 == 1 {
            in_code = true;
            blocks.push(Block { kind: BlockKind::Code, range });
        } else if is_heading(line) {
            blocks.push(Block { kind: BlockKind::Heading, range });
        } else if let Some(indent) = item(line) {
            blocks.push(Block { kind: BlockKind::Item(indent), range });
        } else {
            match last {
                Some(block) if matches!(block.kind, BlockKind::Prose | BlockKind::Item(_)) => {
                    block.range.end = range.end
                }
                _ => blocks.push(Block { kind: BlockKind::Prose, range }),
            }
        }
        after_gap = false;
    }
    blocks
}

fn extend(block: Option<&mut Block>, line: Range<usize>) {
    if let Some(block) = block {
        block.range.end = line.end.max(block.range.end);
    }
}

fn is_heading(line: &str) -> bool {
    let line = line.trim();
    let marked = ["# ", "## ", "### "].iter().any(|mark| line.starts_with(mark));
    let bold = line.strip_prefix("**").and_then(|line| line.trim_end_matches(':').strip_suffix("**"));
    marked || bold.is_some_and(|bold| !bold.contains("**"))
}

/// The indentation of a list item; `None` for other lines.
fn item(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let bullet = ["- ", "* ", "+ ", "• "].iter().any(|mark| text.starts_with(mark));
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let after = text.get(digits..).unwrap_or_default();
    let numbered = (1..=3).contains(&digits) && (after.starts_with(". ") || after.starts_with(") "));
    (bullet || numbered).then_some(line.len() - text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_into_blocks() {
        let text = "# Title\nOne.\nTwo.\n\n- a\n  more\n  - b\n1. c\n> q\n> r\n```\nx\n\ny\n```\n**Bold:**\nend";
        let found: Vec<(BlockKind, &str)> =
            blocks(text).into_iter().map(|block| (block.kind, &text[block.range])).collect();
        assert_eq!(
            found,
            [
                (BlockKind::Heading, "# Title"),
                (BlockKind::Prose, "One.\nTwo."),
                (BlockKind::Item(0), "- a\n  more"),
                (BlockKind::Item(2), "  - b"),
                (BlockKind::Item(0), "1. c"),
                (BlockKind::Quote, "> q\n> r"),
                (BlockKind::Code, "```\nx\n\ny\n```"),
                (BlockKind::Heading, "**Bold:**"),
                (BlockKind::Prose, "end"),
            ]
        );
    }

    #[test]
    fn sentences_keep_their_citations_and_quotations() {
        let of = |text: &str| -> Vec<String> {
            let block = Block { kind: BlockKind::Prose, range: 0..text.len() };
            block.sentences(text, false).into_iter().map(|range| text[range].trim().to_owned()).collect()
        };
        assert_eq!(of("One [1]. Two. [2][3] Three"), ["One [1].", "Two. [2][3]", "Three"]);
        assert_eq!(of("He said “One. Two.” [1] Then."), ["He said “One. Two.” [1]", "Then."]);
        assert_eq!(of("A 5\" disk. It is old."), ["A 5\" disk.", "It is old."], "an inch is no quotation");
        assert_eq!(of("一つ。[1]二つ！三つ"), ["一つ。[1]", "二つ！", "三つ"]);
    }
}
