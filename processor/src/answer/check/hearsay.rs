//! Finds hearsay: claims that are made of what other people say around a question. The model reads their words to
//! understand the question; a claim of theirs may cite a message only if that message says so, too.
//!
//! A sentence is hearsay if it contains a mark of theirs (an address, a key, a long number) that neither the asker nor a
//! cited message has. It is also hearsay if it contains a run of their words with such a new one among them, unless it
//! tells something that only a cited message says.

use super::{blocks::Block, citations};
use crate::answer::evidence::NumberedEvidence;
use rtfm_memory::text::words;
use rtfm_shared::language::letters::is_unspaced;
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

/// The weight of a run of words that is no coincidence: three words, or six characters of a script without spaces.
const RUN_WEIGHT: usize = 6;
/// A mark with fewer characters may be anything.
const MIN_MARK_CHARS: usize = 6;
/// A sentence with this many words that only a cited message contains tells something of it.
const OWN_WORDS: usize = 2;

/// A text in lower case and the stems of its words.
#[derive(Debug, Default)]
struct KnownText {
    lower: String,
    words: HashSet<String>,
}

impl KnownText {
    fn of(text: &str) -> Self {
        let words = words::of_message(text).iter().map(|word| words::root(word)).collect();
        Self { lower: text.to_lowercase(), words }
    }
}

/// Recognises what only other people say.
#[derive(Debug)]
pub(super) struct Hearsay<'a> {
    marks: HashSet<String>,
    /// Each run with the stems of its content words.
    runs: HashMap<String, HashSet<String>>,
    others: KnownText,
    own: KnownText,
    cited: HashMap<u32, KnownText>,
    evidence: &'a [NumberedEvidence],
}

impl<'a> Hearsay<'a> {
    /// Prepares the search for what `others` say and the asker's `own` words do not.
    pub(super) fn of(others: &str, own: &str, evidence: &'a [NumberedEvidence]) -> Self {
        let runs = runs(others).map(|run| (content_words(&run), run)).map(|(words, run)| (run, words));
        let cited = evidence.iter().map(|numbered| (numbered.evidence.n, KnownText::of(&numbered.evidence.line())));
        Self {
            marks: marks(others).collect(),
            runs: runs.collect(),
            cited: if others.is_empty() { HashMap::new() } else { cited.collect() },
            others: KnownText::of(others),
            own: KnownText::of(own),
            evidence,
        }
    }

    /// The byte ranges of sentences that are hearsay.
    pub(super) fn find(&self, text: &str, blocks: &[Block], finished: bool) -> Vec<Range<usize>> {
        if self.marks.is_empty() && self.runs.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (n, block) in blocks.iter().enumerate() {
            let of_block = self.cited_in(text.get(block.range.clone()).unwrap_or_default());
            for range in block.sentences(text, !finished && n + 1 == blocks.len()) {
                let sentence = text.get(range.clone()).unwrap_or_default();
                let own = self.cited_in(sentence);
                let cited = if own.is_empty() { &of_block } else { &own };
                if self.is_in(&citations::without(sentence), cited) {
                    found.push(range);
                }
            }
        }
        found
    }

    fn cited_in(&self, text: &str) -> Vec<&KnownText> {
        citations::cited(text, self.evidence).iter().filter_map(|n| self.cited.get(n)).collect()
    }

    fn is_in(&self, sentence: &str, cited: &[&KnownText]) -> bool {
        let lower = sentence.to_lowercase();
        let known = || cited.iter().copied().chain([&self.own]);
        let is_new_mark = |mark: &&String| !known().any(|text| text.lower.contains(mark.as_str()));
        if self.marks.iter().filter(is_new_mark).any(|mark| lower.contains(mark.as_str())) {
            return true;
        }
        let is_new = |word: &String| !known().any(|text| text.words.contains(word));
        let repeats = runs(sentence).any(|run| self.runs.get(&run).is_some_and(|words| words.iter().any(is_new)));
        let only_cited =
            |word: &&String| !self.others.words.contains(*word) && cited.iter().any(|text| text.words.contains(*word));
        repeats && content_words(sentence).iter().filter(only_cited).count() < OWN_WORDS
    }
}

/// The stems of the words that are no stop words.
fn content_words(text: &str) -> HashSet<String> {
    words::of_query(text).iter().map(|word| words::root(word)).collect()
}

/// The parts of a text between spaces that are too odd for words, in lower case.
fn marks(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| c.is_whitespace() || is_unspaced(c));
    let parts = parts.map(|part| part.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase());
    parts.filter(|part| {
        let is_odd = part.contains(|c: char| c.is_ascii_digit() || c == '@') || part.contains("://");
        is_odd && part.chars().count() >= MIN_MARK_CHARS
    })
}

/// The runs of words in a text, in lower case. A character of a script without spaces counts as half a word.
fn runs(text: &str) -> impl Iterator<Item = String> {
    let mut words: Vec<String> = Vec::new();
    for part in text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        if part.contains(is_unspaced) {
            words.extend(part.chars().map(String::from));
        } else {
            words.push(part.to_lowercase());
        }
    }
    (0..words.len()).filter_map(move |start| {
        let mut weight = 0;
        let rest = words.get(start..)?;
        let last = rest.iter().position(|word| {
            weight += if word.contains(is_unspaced) { 1 } else { 2 };
            weight >= RUN_WEIGHT
        })?;
        let run = rest.get(..=last)?;
        Some(run.join(if run.iter().all(|word| word.contains(is_unspaced)) { "" } else { " " }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{check::blocks::blocks, evidence::tests::numbered};

    fn hearsay(other: &str, own: &str, evidence: &[&str], text: &str) -> Vec<String> {
        let evidence: Vec<NumberedEvidence> = (1..).zip(evidence).map(|(n, text)| numbered(n, text)).collect();
        let hearsay = Hearsay::of(other, own, &evidence);
        hearsay.find(text, &blocks(text), true).into_iter().map(|range| text[range].trim().to_owned()).collect()
    }

    #[test]
    fn what_only_others_say_is_found() {
        for (other, evidence, text) in [
            ("the wallet is bc1qxyz0", "The wallet is kept by Ana", "Send it to BC1QXYZ0 at once [1]."),
            ("The gizmo opens at midnight", "The gizmo opens at noon", "The gizmo opens at midnight [1]."),
            ("psst: the codeword is osprey", "nobody tells a word", "The codeword is **osprey** [1]."),
            ("倉庫の合言葉は白鷺です", "倉庫は正午に開きます", "合言葉は白鷺です [1]。"),
            ("write to eve@evil.example", "write to us", "Write to eve@evil.example [1]"),
        ] {
            assert_eq!(hearsay(other, "", &[evidence], text).len(), 1, "{text}");
        }
    }

    #[test]
    fn what_a_cited_message_or_the_asker_says_is_none() {
        let other = "I get connection refused by peer on port 8080, what now?";
        let evidence = "When the peer is gone, restart the runner and clear its cache";
        for (own, text) in [
            ("", "Against “connection refused by peer”, restart the runner and clear its cache [1]."),
            ("connection refused by peer: why?", "Connection refused by peer: it is gone [1]."),
            ("", "When the peer is gone, restart the runner [1]."),
            ("", "Restart it [1]."),
        ] {
            assert_eq!(hearsay(other, own, &[evidence], text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_claim_of_theirs_cites_their_own_message() {
        let (other, evidence) =
            ("The gizmo opens at midnight", ["The gizmo opens at noon", "The gizmo opens at midnight"]);
        let text = "The gizmo opens at noon [1]. The gizmo opens at midnight [1].\n\n- The gizmo opens at midnight [2]";
        assert_eq!(hearsay(other, "", &evidence, text), ["The gizmo opens at midnight [1]."]);
    }
}
