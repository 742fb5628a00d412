//! Checks a model's text before anyone reads it. The text is untrusted: citations must lead to retrieved messages,
//! links must come from those messages, quotations must be verbatim, claims need a source and are not made of other
//! people's words around the question, mentions are disarmed, and neither secrets nor the rules may leak.

mod blocks;
mod citations;
mod claims;
mod code;
mod hearsay;
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
use hearsay::Hearsay;
use leak::Leaks;
use links::{KnownLinks, LinkScope};
use rtfm_memory::text::clean::{self, DisplayNames, clean};
use rtfm_shared::{
    event::{Query, Source, Speaker},
    text::disarmed,
};
use std::{collections::HashSet, ops::Range};

/// A text that passed the checks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckedText {
    /// The text, with citations `[1]`, `[2]`, … in order of first appearance.
    pub(crate) text: String,
    /// The cited messages in the order of their numbers.
    pub(crate) sources: Vec<Source>,
    /// Whether claims without a source were removed.
    pub(crate) shortened: bool,
}

/// The checks for answers to one question.
#[derive(Debug)]
pub(crate) struct Checks<'a> {
    evidence: &'a [NumberedEvidence],
    names: DisplayNames,
    leaks: Leaks<'a>,
    hearsay: Hearsay<'a>,
    link_scope: LinkScope,
}

impl<'a> Checks<'a> {
    /// Prepares the checks from the evidence and the model's instructions.
    pub(crate) fn new(query: &Query, evidence: &'a [NumberedEvidence], rules: &str) -> Self {
        let names = DisplayNames::of(evidence.iter().map(|numbered| &numbered.message));
        Self {
            evidence,
            hearsay: hearsay(query, evidence, &names),
            names,
            leaks: Leaks::of(rules, evidence),
            link_scope: LinkScope::of(query),
        }
    }

    /// Checks a complete answer.
    pub(crate) fn whole(&self, text: &str) -> CheckedText {
        self.check(text, true)
    }

    /// Checks an unfinished text and returns the part that can be shown: always a prefix of the complete answer's
    /// checked text.
    pub(crate) fn so_far(&self, text: &str) -> String {
        self.check(text, false).text
    }

    fn check(&self, text: &str, finished: bool) -> CheckedText {
        let text = plain_lines(&clean(text, &self.names));
        let text = if finished { text.as_str() } else { settled(&text) };
        let text = code::tidy_fences(&links::expanded(&citations::unified(text)));
        let blocks = blocks::blocks(&text);
        let unwanted = [self.leaks.find(&text, finished), self.hearsay.find(&text, &blocks, finished)].concat();
        let judged = claims::judge(&text, &blocks, self.evidence, &unwanted, finished);

        let mut known = KnownLinks::default();
        let mut seen: HashSet<u32> = HashSet::new();
        let mut order: Vec<u32> = Vec::new();
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for kept in &judged.kept {
            let texts = self.texts_of(&kept.rests_on);
            for n in kept.rests_on.iter().filter(|n| seen.insert(**n)) {
                self.texts_of(&[*n]).into_iter().for_each(|text| known.add(text));
            }
            let piece = text.get(kept.range.clone()).unwrap_or_default();
            let piece =
                if kept.quotes { quotes::verified_block(piece, &texts) } else { quotes::verified(piece, &texts) };
            let piece = links::without_unknown_links(&piece, &known, &self.link_scope);
            out.push_str(gap(&text, end, &kept.range));
            out.push_str(&citations::renumbered(&piece, self.evidence, &mut order));
            end = kept.range.end;
        }
        CheckedText { text: disarmed(out.trim()), sources: sources(&order, self.evidence), shortened: judged.dropped }
    }

    /// The texts of the messages with these numbers.
    fn texts_of(&self, numbers: &[u32]) -> Vec<&'a str> {
        let cited = numbers.iter().filter_map(|n| evidence_of(*n, self.evidence));
        cited.map(|numbered| numbered.evidence.content.as_str()).collect()
    }
}

/// What other people say around a question: in the conversation before it, or in the message that it is about.
fn hearsay<'a>(query: &Query, evidence: &'a [NumberedEvidence], names: &DisplayNames) -> Hearsay<'a> {
    let (mut others, mut own) = (Vec::new(), Vec::new());
    let question = clean(&query.question, names);
    if query.verbatim {
        others.push(question)
    } else {
        own.push(question)
    }
    for turn in clean::history(&query.history, names).into_iter().filter(|turn| turn.role == Speaker::User) {
        if turn.is_of_another(&query.user_id) { others.push(turn.content) } else { own.push(turn.content) }
    }
    Hearsay::of(&others.join("\n"), &own.join("\n"), evidence)
}

fn evidence_of(n: u32, evidence: &[NumberedEvidence]) -> Option<&NumberedEvidence> {
    evidence.iter().find(|numbered| numbered.evidence.n == n)
}

/// The sources of the cited messages, numbered in this order.
pub(super) fn sources(order: &[u32], evidence: &[NumberedEvidence]) -> Vec<Source> {
    let cited = order.iter().filter_map(|n| evidence_of(*n, evidence));
    (1..).zip(cited).map(|(n, numbered)| source(n, numbered)).collect()
}

/// Cuts an unfinished text where more text could change its meaning: at an open code block, span or bracket, or at a
/// line that may become a heading.
fn settled(text: &str) -> &str {
    let fences = text.matches("```").count();
    let end = text.rfind("```").filter(|_| fences % 2 == 1).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or_default();
    let prose = code::code_and_prose(text).last().map_or("", |(_, prose)| *prose);
    let end = prose.find('`').map_or(text.len(), |at| text.len() - prose.len() + at);
    let text = text.get(..end).unwrap_or_default();
    let closed = text.rfind([']', '］', '】', '〕', '⟧']).unwrap_or_default();
    // Brackets at the end may become a link, which takes the line ends in it along.
    let may_be_link = |open: usize| {
        let link = text.get(open..).and_then(|link| link.split_once(']')).filter(|(label, _)| label.contains('\n'));
        link.is_some_and(|(_, rest)| rest.is_empty() || (rest.starts_with('(') && !rest.contains(')')))
    };
    let open = text.rfind(['[', '［', '【', '〔', '⟦']).filter(|open| *open >= closed || may_be_link(*open));
    let end = open.unwrap_or(text.len());
    let text = text.get(..end).unwrap_or_default();
    let line = text.rfind('\n').map_or(0, |at| at + 1);
    let is_bold = text.get(line..).is_some_and(|line| line.trim_start().starts_with("**"));
    // A list item, quotation or heading would end the block above it.
    let marks =
        |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ')' | '-' | '*' | '+' | '•' | '>' | '#');
    let is_mark = line > 0 && text.get(line..).is_some_and(|line| line.chars().all(marks));
    if is_bold || is_mark { text.get(..line).unwrap_or_default() } else { text }
}

/// Removes `-# ` (the bot's own small print), `>>>` (which would quote all following lines) and the lines with the
/// not-found marker.
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
    let is_content = |line: &&str| line.trim_matches(|c: char| !c.is_alphanumeric()) != NOT_FOUND;
    text.split('\n').filter(is_content).map(plain).collect::<Vec<_>>().join("\n")
}

/// The separator between two kept parts: the original when they touch, otherwise its line breaks.
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
    } else if text.get(..end).is_some_and(|before| before.ends_with(' ')) {
        ""
    } else {
        " "
    }
}
