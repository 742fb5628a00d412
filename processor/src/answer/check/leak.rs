//! Finds leaks: verbatim parts of the rules, and long unbroken strings that no message contains, which may encode
//! anything.

use crate::answer::evidence::NumberedEvidence;
use std::{collections::HashSet, ops::Range};

/// This many consecutive words of the rules are no coincidence.
const LEAK_WORDS: usize = 8;
/// Strings of this length without spaces are no word of any language.
const BLOB_CHARS: usize = 48;

/// Recognises leaks of one set of rules and evidence.
#[derive(Debug)]
pub(super) struct Leaks<'a> {
    runs: HashSet<String>,
    evidence: &'a [NumberedEvidence],
}

impl<'a> Leaks<'a> {
    /// Prepares the search for parts of `rules` and for strings outside of `evidence`.
    pub(super) fn of(rules: &str, evidence: &'a [NumberedEvidence]) -> Self {
        let words = words(rules);
        let runs = words.windows(LEAK_WORDS).map(joined).collect();
        Self { runs, evidence }
    }

    /// The byte ranges of leaks in a text.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let words = words(text);
        let leaked = words.windows(LEAK_WORDS).filter(|run| self.runs.contains(&joined(run)));
        let leaked = leaked.filter_map(|run| Some(run.first()?.1.start..run.last()?.1.end));
        leaked.chain(self.blobs(text)).collect()
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
        let found = leaks.find(text);
        assert_eq!(text[found[0].start..found.last().unwrap().end].split(' ').next_back(), Some("sentence"));
        assert!(leaks.find("Begin with the answer itself, be brief").is_empty(), "seven words may be chance");
    }

    #[test]
    fn long_unbroken_strings_are_found() {
        let leaks = Leaks::of("", &[]);
        assert_eq!(leaks.find(&format!("x {} y", "WW91YXJl".repeat(7))).first(), Some(&(2..58)));
        assert!(leaks.find(&format!("{} https://a.example/{}", "a".repeat(40), "b".repeat(60))).is_empty());
    }
}
