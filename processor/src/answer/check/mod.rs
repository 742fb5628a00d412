//! What a model wrote, checked before anybody sees it. It is data: whatever it says, citations lead to messages that
//! were found, links are such as people posted there, quotations were said, claims have a source, nobody is called,
//! and neither secrets nor our own rules come out.

mod blocks;
mod citations;
mod claims;
mod code;
mod leak;
mod links;
mod quotes;
#[cfg(test)]
mod tests;
mod words;

use super::{
    evidence::{NumberedEvidence, source},
    prompt::NOT_FOUND,
};
use leak::Leaks;
use links::{KnownLinks, Reach};
use rtfm_memory::text::clean::{DisplayNames, clean};
use rtfm_shared::{
    event::{Query, Source},
    text::disarmed,
};
use std::{collections::HashSet, ops::Range};

/// A checked text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cited {
    /// The text, with citations `[1]`, `[2]`, … in order of first appearance.
    pub(crate) text: String,
    /// The messages cited, in the order of their numbers.
    pub(crate) sources: Vec<Source>,
    /// Whether something was left out for want of a source.
    pub(crate) shortened: bool,
}

/// Checks texts against the evidence that they may cite.
#[derive(Debug)]
pub(crate) struct Checks<'a> {
    evidence: &'a [NumberedEvidence],
    names: DisplayNames,
    leaks: Leaks<'a>,
    reach: Reach,
}

impl<'a> Checks<'a> {
    /// The checks for answers to a question from this evidence under these rules.
    pub(crate) fn new(query: &Query, evidence: &'a [NumberedEvidence], rules: &str) -> Self {
        Self {
            evidence,
            names: DisplayNames::of(evidence.iter().map(|numbered| &numbered.message)),
            leaks: Leaks::of(rules, evidence),
            reach: Reach::of(query),
        }
    }

    /// A whole answer.
    pub(crate) fn whole(&self, text: &str) -> Cited {
        self.check(text, true)
    }

    /// What of a text half written can be shown already: a beginning of what the whole will be.
    pub(crate) fn so_far(&self, text: &str) -> String {
        self.check(text, false).text
    }

    fn check(&self, text: &str, finished: bool) -> Cited {
        let text = plain_lines(&clean(text, &self.names));
        let text = if finished { text.as_str() } else { settled(&text) };
        let text = code::tidy_fences(&links::opened(&citations::unified(text)));
        let blocks = blocks::blocks(&text);
        let judged = claims::judge(&text, &blocks, self.evidence, &self.leaks.find(&text), finished);

        let mut known = KnownLinks::default();
        let mut seen: HashSet<u32> = HashSet::new();
        let mut order: Vec<u32> = Vec::new();
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for kept in &judged.kept {
            let said = self.said(&kept.rests_on);
            for n in kept.rests_on.iter().filter(|n| seen.insert(**n)) {
                self.said(&[*n]).into_iter().for_each(|said| known.add(said));
            }
            let piece = text.get(kept.range.clone()).unwrap_or_default();
            let piece = if kept.quotes { quotes::honest_block(piece, &said) } else { quotes::honest(piece, &said) };
            let piece = links::kept(&piece, &known, &self.reach);
            out.push_str(gap(&text, end, &kept.range));
            out.push_str(&citations::renumbered(&piece, self.evidence, &mut order));
            end = kept.range.end;
        }
        Cited { text: disarmed(out.trim()), sources: sources(&order, self.evidence), shortened: judged.dropped }
    }

    /// What the messages with these numbers say.
    fn said(&self, numbers: &[u32]) -> Vec<&'a str> {
        let cited = numbers.iter().filter_map(|n| evidence_of(*n, self.evidence));
        cited.map(|numbered| numbered.evidence.content.as_str()).collect()
    }
}

/// The evidence with this number.
fn evidence_of(n: u32, evidence: &[NumberedEvidence]) -> Option<&NumberedEvidence> {
    evidence.iter().find(|numbered| numbered.evidence.n == n)
}

/// The cited messages as sources, numbered in this order.
pub(super) fn sources(order: &[u32], evidence: &[NumberedEvidence]) -> Vec<Source> {
    let cited = order.iter().filter_map(|n| evidence_of(*n, evidence));
    (1..).zip(cited).map(|(n, numbered)| source(n, numbered)).collect()
}

/// A text half written up to where more of it may change what it is: an open code block, span or bracket, or a line
/// that is a heading only if it ends here.
fn settled(text: &str) -> &str {
    let fences = text.matches("```").count();
    let end = text.rfind("```").filter(|_| fences % 2 == 1).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or_default();
    let prose = code::code_and_prose(text).last().map_or("", |(_, prose)| *prose);
    let end = prose.find('`').map_or(text.len(), |at| text.len() - prose.len() + at);
    let text = text.get(..end).unwrap_or_default();
    let closed = text.rfind([']', '］', '】', '〕', '⟧']).unwrap_or_default();
    let end = text.rfind(['[', '［', '【', '〔', '⟦']).filter(|open| *open >= closed).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or_default();
    let line = text.rfind('\n').map_or(0, |at| at + 1);
    let is_bold = text.get(line..).is_some_and(|line| line.trim_start().starts_with("**"));
    // It may become a list item, a quotation or a heading, and then ends what stands above it.
    let marks =
        |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ')' | '-' | '*' | '+' | '•' | '>' | '#');
    let is_mark = line > 0 && text.get(line..).is_some_and(|line| line.chars().all(marks));
    if is_bold || is_mark { text.get(..line).unwrap_or_default() } else { text }
}

/// Lines without the marks that belong to us or reach beyond their line: small print is ours, and `>>>` would take in
/// all that stands below. The word for "nothing found" is for us alone.
fn plain_lines(text: &str) -> String {
    let plain = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let (indent, rest) = line.split_at_checked(indent).unwrap_or(("", line));
        match rest.strip_prefix("-# ") {
            Some(rest) => format!("{indent}{rest}"),
            None => match rest.strip_prefix(">>>") {
                Some(rest) => format!("{indent}> {}", rest.trim_start_matches(['>', ' '])),
                None => line.to_owned(),
            },
        }
    };
    let tells = |line: &&str| line.trim_matches(|c: char| !c.is_alphanumeric()) != NOT_FOUND;
    text.split('\n').filter(tells).map(plain).collect::<Vec<_>>().join("\n")
}

/// What stood between two pieces: nothing where they touch, else the ends of lines, without what was left out.
fn gap<'t>(text: &'t str, end: usize, next: &Range<usize>) -> &'t str {
    let between = text.get(end..next.start).unwrap_or_default();
    if between.trim().is_empty() {
        return between;
    }
    let lines = between.trim_end_matches(' ');
    if lines.ends_with("\n\n") {
        "\n\n"
    } else if lines.ends_with('\n') {
        "\n"
    } else {
        " "
    }
}
