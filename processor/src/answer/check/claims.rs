//! Keeps sourced claims. A paragraph or list item with a citation stays, and so does text that depends on it; of the
//! rest, only short sentences without a fact stay. The rule uses structure and word counts, so it holds for any
//! language.
//!
//! A sentence whose citations all lead nowhere goes, whatever else its paragraph cites.
//!
//! Text depends on a cited block when the block announces it with a colon, when it is an item indented below the
//! block, or when it is code or a quotation directly below. Code and quotations may also have their citation directly
//! below them. A heading or an announcement stays when something under it stays.
//!
//! In an unfinished text, the last block is unfinished too: only the sentences up to its last citation are settled.
//! Shown text is therefore never withdrawn.

use super::{
    blocks::{Block, BlockKind},
    citations,
    words::word_count,
};
use crate::answer::evidence::NumberedEvidence;
use std::ops::Range;

/// Sentences of at most this many words are no claims: "Yes.", "In short:", "That has changed."
const MAX_FILLER_WORDS: usize = 6;
/// The most words of a heading or an announcement.
const MAX_ANNOUNCEMENT_WORDS: usize = 15;
/// The most words beside a citation that attribute the quotation above it.
const MAX_ATTRIBUTION_WORDS: usize = 5;

/// A part of the text that stays, and its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeptClaims {
    pub(super) range: Range<usize>,
    pub(super) rests_on: Vec<u32>,
    /// Whether it is a quotation block.
    pub(super) quotes: bool,
}

/// The verdict on a text.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) kept: Vec<KeptClaims>,
    /// Whether a claim was dropped.
    pub(super) dropped: bool,
    /// Headings and announcements that stay once something below them does.
    pending: Vec<KeptClaims>,
}

impl Judged {
    fn keep(&mut self, kept: impl IntoIterator<Item = KeptClaims>) {
        let kept: Vec<KeptClaims> = kept.into_iter().collect();
        if !kept.is_empty() {
            self.kept.append(&mut self.pending);
            self.kept.extend(kept);
        }
    }
}

/// Citations that apply to blocks below their own.
#[derive(Debug, Default)]
struct InheritedCitations {
    for_all: Vec<u32>,
    for_code: Vec<u32>,
    for_nested: Option<(usize, Vec<u32>)>,
}

/// Judges a text block by block. Leaks and hearsay are dropped everywhere.
pub(super) fn judge(
    text: &str,
    blocks: &[Block],
    evidence: &[NumberedEvidence],
    leaks: &[Range<usize>],
    finished: bool,
) -> Judged {
    let of = |block: &Block| text.get(block.range.clone()).unwrap_or_default();
    let mut judged = Judged::default();
    let mut inherited = InheritedCitations::default();
    for (n, block) in blocks.iter().enumerate() {
        let unfinished = !finished && n + 1 == blocks.len();
        let own = citations::cited(of(block), evidence);
        let below = blocks.get(n + 1).filter(|_| finished || n + 2 < blocks.len()).map(of).unwrap_or_default();
        let words_below = word_count(&citations::without(below));
        let from_below = |most: usize| {
            if words_below <= most { citations::cited(below, evidence) } else { Vec::new() }
        };
        let leaked = |range: &Range<usize>| leaks.iter().any(|leak| leak.start < range.end && range.start < leak.end);
        let kept = |range: Range<usize>, rests_on: Vec<u32>, quotes| KeptClaims { range, rests_on, quotes };
        match block.kind {
            BlockKind::Code | BlockKind::Quote => {
                let quotes = block.kind == BlockKind::Quote;
                let own = if quotes { own } else { Vec::new() };
                let rests_on =
                    [own, inherited.for_all.clone(), inherited.for_code.clone(), from_below(MAX_ATTRIBUTION_WORDS)]
                        .into_iter()
                        .find(|citations| !citations.is_empty());
                match rests_on {
                    _ if unfinished => {}
                    Some(rests_on) if !leaked(&block.range) => {
                        inherited.for_code.clone_from(&rests_on);
                        judged.keep([kept(block.range.clone(), rests_on, quotes)]);
                    }
                    _ => judged.dropped = true,
                }
            }
            BlockKind::Heading if own.is_empty() => {
                inherited = InheritedCitations::default();
                judged.pending.clear();
                if word_count(of(block)) <= MAX_ANNOUNCEMENT_WORDS && !leaked(&block.range) {
                    judged.pending.push(kept(block.range.clone(), Vec::new(), false));
                }
            }
            BlockKind::Prose | BlockKind::Item(_) | BlockKind::Heading => {
                let from_above = inherited_by(&block.kind, &inherited);
                let mut sentences = block.sentences(text, unfinished);
                if own.is_empty() && from_above.is_none() {
                    inherited = InheritedCitations::default();
                    // The next block may turn out to hold only this one's citations.
                    let is_last_but_one = !finished && n + 2 == blocks.len();
                    let open = blocks.get(n + 1).filter(|_| is_last_but_one).map(of);
                    let may_be_cited = open.is_some_and(|open| word_count(&citations::without(open)) == 0);
                    if !unfinished && !may_be_cited {
                        keep_uncited(text, block, sentences, leaked, &from_below(0), &mut judged);
                    }
                    continue;
                }
                let all = sentences.len();
                sentences
                    .retain(|range| !citations::cites_nothing(text.get(range.clone()).unwrap_or_default(), evidence));
                judged.dropped |= sentences.len() < all;
                let whole = settled_sentences(text, &sentences, evidence, unfinished, of(block), from_above.is_some());
                let found = with_citations(text, &sentences, evidence, from_above.as_deref().unwrap_or(&own));
                let (dropped, found): (Vec<_>, Vec<_>) =
                    found.into_iter().take(whole).partition(|(range, _)| leaked(range));
                judged.dropped |= !dropped.is_empty();
                judged.keep(found.into_iter().map(|(range, rests_on)| kept(range, rests_on, false)));
                let announces = announces(of(block));
                match (block.kind, own.is_empty()) {
                    // An item with inherited citations leaves them to the next one.
                    (BlockKind::Item(_), true) => {}
                    (BlockKind::Item(indent), false) => {
                        let for_all = if announces { own.clone() } else { std::mem::take(&mut inherited.for_all) };
                        inherited =
                            InheritedCitations { for_all, for_code: own.clone(), for_nested: Some((indent, own)) };
                    }
                    _ => {
                        inherited = InheritedCitations {
                            for_all: if announces { own.clone() } else { Vec::new() },
                            for_code: own,
                            for_nested: None,
                        }
                    }
                }
            }
        }
    }
    judged
}

/// The citations that a block without its own inherits.
fn inherited_by(kind: &BlockKind, inherited: &InheritedCitations) -> Option<Vec<u32>> {
    let BlockKind::Item(indent) = kind else { return None };
    let deeper =
        inherited.for_nested.as_ref().filter(|(above, _)| indent > above).map(|(_, citations)| citations.clone());
    deeper.or_else(|| (!inherited.for_all.is_empty()).then(|| inherited.for_all.clone()))
}

/// Judges a block without citations: sentences that are no claims stay, and an announcement becomes pending. When the
/// next block holds citations only, they apply to this one.
fn keep_uncited(
    text: &str,
    block: &Block,
    sentences: Vec<Range<usize>>,
    leaked: impl Fn(&Range<usize>) -> bool,
    from_below: &[u32],
    judged: &mut Judged,
) {
    let own = text.get(block.range.clone()).unwrap_or_default();
    if !from_below.is_empty() {
        let kept = sentences.into_iter().filter(|range| !leaked(range));
        judged.keep(kept.map(|range| KeptClaims { range, rests_on: from_below.to_vec(), quotes: false }));
        return;
    }
    if announces(own) && word_count(own) <= MAX_ANNOUNCEMENT_WORDS && !states_fact(own) && !leaked(&block.range) {
        judged.pending.push(KeptClaims { range: block.range.clone(), rests_on: Vec::new(), quotes: false });
        return;
    }
    for range in sentences {
        let sentence = citations::without(text.get(range.clone()).unwrap_or_default());
        if word_count(&sentence) <= MAX_FILLER_WORDS && !states_fact(&sentence) && !leaked(&range) {
            judged.keep([KeptClaims { range, rests_on: Vec::new(), quotes: false }]);
        } else if !sentence.trim().is_empty() {
            judged.dropped = true;
        }
    }
}

/// Whether a text contains a mark of a fact: a number, an address or code.
fn states_fact(text: &str) -> bool {
    let marker = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')'));
    marker.contains(|c: char| c.is_numeric() || matches!(c, '`' | '@' | '<')) || marker.contains("://")
}

/// Whether a block ends with a colon.
fn announces(text: &str) -> bool {
    citations::without(text).trim_end_matches(['*', '_', ' ']).ends_with([':', '：'])
}

/// The number of sentences that can no longer change: all of a finished block; in an unfinished one, those up to the
/// last citation that more text follows.
fn settled_sentences(
    text: &str,
    sentences: &[Range<usize>],
    evidence: &[NumberedEvidence],
    unfinished: bool,
    block: &str,
    inherits: bool,
) -> usize {
    if !unfinished {
        return sentences.len();
    }
    // A block this short may turn out to attribute the quotation above.
    if inherits || word_count(&citations::without(block)) <= MAX_ATTRIBUTION_WORDS {
        return 0;
    }
    let cites = |range: &Range<usize>| {
        text.get(range.clone()).is_some_and(|sentence| !citations::cited(sentence, evidence).is_empty())
    };
    let complete = sentences.len().saturating_sub(1);
    sentences.iter().take(complete).rposition(cites).map_or(0, |last| last + 1)
}

/// Pairs each sentence with its evidence: its own citations, else the next ones in the block, else the last ones
/// before.
fn with_citations(
    text: &str,
    sentences: &[Range<usize>],
    evidence: &[NumberedEvidence],
    otherwise: &[u32],
) -> Vec<(Range<usize>, Vec<u32>)> {
    let own: Vec<Vec<u32>> =
        sentences.iter().map(|range| citations::cited(text.get(range.clone()).unwrap_or_default(), evidence)).collect();
    let mut last = otherwise.to_vec();
    let mut rests = Vec::with_capacity(sentences.len());
    for (n, range) in sentences.iter().enumerate() {
        let next = own.iter().skip(n).find(|citations| !citations.is_empty());
        if let Some(next) = next {
            last.clone_from(next);
        }
        rests.push((range.clone(), last.clone()));
    }
    rests
}
