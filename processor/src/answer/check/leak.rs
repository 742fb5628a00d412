//! Finds leaks: verbatim parts of the rules, and long unbroken strings that no message contains, which may encode
//! anything.

use crate::answer::evidence::NumberedEvidence;
use std::{
    collections::BTreeSet,
    ops::{Bound, Range},
};

/// This many consecutive words of the rules are no coincidence.
const LEAK_WORDS: usize = 8;
/// Strings of this length without spaces are no word of any language.
const BLOB_CHARS: usize = 48;

/// Recognises leaks of one set of rules and evidence.
#[derive(Debug)]
pub(super) struct Leaks<'a> {
    runs: BTreeSet<String>,
    evidence: &'a [NumberedEvidence],
}

impl<'a> Leaks<'a> {
    /// Prepares the search for parts of `rules` and for strings outside of `evidence`.
    pub(super) fn of(rules: &str, evidence: &'a [NumberedEvidence]) -> Self {
        let words = words(rules);
        let runs = words.windows(LEAK_WORDS).map(joined).collect();
        Self { runs, evidence }
    }

    /// The byte ranges of leaks in a text. In an unfinished one, its end counts as a leak where it may become one: what a
    /// reader has seen is not withdrawn.
    pub(super) fn find(&self, text: &str, finished: bool) -> Vec<Range<usize>> {
        let words = words(text);
        let leaked = words.windows(LEAK_WORDS).filter(|run| self.runs.contains(&joined(run)));
        let leaked = leaked.filter_map(|run| Some(run.first()?.1.start..run.last()?.1.end));
        let mut ends = (1..=LEAK_WORDS).rev().filter_map(|count| words.get(words.len().checked_sub(count)?..));
        let may_leak = ends.find(|end| !finished && self.begins_a_run(&joined(end)));
        let may_leak = may_leak.and_then(|end| Some(end.first()?.1.start..text.len()));
        leaked.chain(may_leak).chain(self.blobs(text)).collect()
    }

    /// Whether a part of the rules begins with these words, the last of which can be incomplete.
    fn begins_a_run(&self, words: &str) -> bool {
        let from = (Bound::Included(words), Bound::Unbounded);
        self.runs.range::<str, _>(from).next().is_some_and(|run| run.starts_with(words))
    }

    fn blobs(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        for token in text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=_-".contains(c))) {
            let is_plain = token.bytes().any(|byte| byte.is_ascii_alphanumeric());
            let is_of_an_address =
                text.get(..at).is_some_and(|before| before.ends_with([':', '.', '?', '&', '%', '#', '@']));
            let is_in_evidence = || self.evidence.iter().any(|numbered| numbered.evidence.content.contains(token));
            if token.len() >= BLOB_CHARS && is_plain && !is_of_an_address && !is_in_evidence() {
                found.push(at..at + token.len());
            }
            at += token.len();
            at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
        found
    }
}

/// The words of a text in lower case with their ranges. Numbers are skipped, because citations may interrupt the
/// words.
fn words(text: &str) -> Vec<(String, Range<usize>)> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if word.chars().any(char::is_alphabetic) {
            words.push((word.to_lowercase(), at..at + word.len()));
        }
        at += word.len();
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    words
}

fn joined(run: &[(String, Range<usize>)]) -> String {
    run.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_found_despite_case_markup_and_citations() {
        let leaks = Leaks::of("Begin with the answer itself. Be brief: a sentence or two where that is enough.", &[]);
        let text = "Sure: BEGIN with [1] the *answer*\nitself, be [2] brief a sentence! And more.";
        let found = leaks.find(text, true);
        assert_eq!(text[found[0].start..found.last().unwrap().end].split(' ').next_back(), Some("sentence"));
        assert!(leaks.find("Begin with the answer itself, be brief", true).is_empty(), "seven words may be chance");
    }

    #[test]
    fn an_unfinished_text_holds_back_what_may_become_a_part_of_the_rules() {
        let leaks = Leaks::of("Begin with the answer itself. Be brief: a sentence or two where that is enough.", &[]);
        assert_eq!(leaks.find("Sure. With the ans", false), [Range { start: 6, end: 18 }]);
        assert!(leaks.find("Sure. With the port", false).is_empty());
        assert!(leaks.find("Sure. With the ans", true).is_empty());
    }

    #[test]
    fn long_unbroken_strings_are_found() {
        let leaks = Leaks::of("", &[]);
        assert_eq!(leaks.find(&format!("x {} y", "WW91YXJl".repeat(7)), true).first(), Some(&(2..58)));
        assert!(leaks.find(&format!("{} https://a.example/{}", "a".repeat(40), "b".repeat(60)), true).is_empty());
    }
}
