//! The rule about claims: what stands in a paragraph or list item with a citation stays, and so does what hangs on
//! one; of the rest only a few words without a fact in them do. It reads structure and counts words, no language.
//!
//! What hangs on a cited block: the list, quotation or code that it announces with a colon, items indented below it,
//! and code or a quotation directly under it. A quotation or code may also have its citation directly below. Headings
//! and announcements stay when something under them does.
//!
//! Of a text half written the last block is not finished: of it, what comes up to its last citation is settled. So
//! what was shown once is never taken back.

use super::{
    blocks::{Block, BlockKind},
    citations,
    words::counted,
};
use crate::answer::evidence::NumberedEvidence;
use std::ops::Range;

/// Sentences of up to so many words are no claims: "Yes.", "In short:", "That has changed."
const FEW: usize = 6;
/// The most words of a heading or of an announcement.
const ANNOUNCING: usize = 15;
/// The most words beside a citation that say whose the quotation above is.
const ATTRIBUTION: usize = 5;

/// A stretch that stays, and the evidence it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeptClaims {
    pub(super) range: Range<usize>,
    pub(super) rests_on: Vec<u32>,
    /// Whether it is marked as a quotation.
    pub(super) quotes: bool,
}

/// What stays of a text.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) kept: Vec<KeptClaims>,
    /// Whether a claim was left out.
    pub(super) dropped: bool,
    /// Headings and announcements that wait for something below them.
    waiting: Vec<KeptClaims>,
}

impl Judged {
    fn keep(&mut self, kept: impl IntoIterator<Item = KeptClaims>) {
        let kept: Vec<KeptClaims> = kept.into_iter().collect();
        if !kept.is_empty() {
            self.kept.append(&mut self.waiting);
            self.kept.extend(kept);
        }
    }
}

/// What citations lend to what stands below them.
#[derive(Debug, Default)]
struct Lent {
    to_all: Vec<u32>,
    to_code: Vec<u32>,
    to_deeper: Option<(usize, Vec<u32>)>,
}

/// Judges a text block by block. Leaks are left out wherever they stand.
pub(super) fn judge(
    text: &str,
    blocks: &[Block],
    evidence: &[NumberedEvidence],
    leaks: &[Range<usize>],
    finished: bool,
) -> Judged {
    let of = |block: &Block| text.get(block.range.clone()).unwrap_or_default();
    let mut judged = Judged::default();
    let mut lent = Lent::default();
    for (n, block) in blocks.iter().enumerate() {
        let is_open = !finished && n + 1 == blocks.len();
        let own = citations::cited(of(block), evidence);
        let below = blocks.get(n + 1).filter(|_| finished || n + 2 < blocks.len()).map(of).unwrap_or_default();
        let words_below = counted(&citations::without(below));
        let from_below = |most: usize| {
            if words_below <= most { citations::cited(below, evidence) } else { Vec::new() }
        };
        let leaked = |range: &Range<usize>| leaks.iter().any(|leak| leak.start < range.end && range.start < leak.end);
        let kept = |range: Range<usize>, rests_on: Vec<u32>, quotes| KeptClaims { range, rests_on, quotes };
        match block.kind {
            BlockKind::Code | BlockKind::Quote => {
                let quotes = block.kind == BlockKind::Quote;
                let own = if quotes { own } else { Vec::new() };
                let rests_on = [own, lent.to_all.clone(), lent.to_code.clone(), from_below(ATTRIBUTION)]
                    .into_iter()
                    .find(|citations| !citations.is_empty());
                match rests_on {
                    _ if is_open => {}
                    Some(rests_on) if !leaked(&block.range) => {
                        lent.to_code.clone_from(&rests_on);
                        judged.keep([kept(block.range.clone(), rests_on, quotes)]);
                    }
                    _ => judged.dropped = true,
                }
            }
            BlockKind::Heading if own.is_empty() => {
                lent = Lent::default();
                judged.waiting.clear();
                if counted(of(block)) <= ANNOUNCING && !leaked(&block.range) {
                    judged.waiting.push(kept(block.range.clone(), Vec::new(), false));
                }
            }
            BlockKind::Prose | BlockKind::Item(_) | BlockKind::Heading => {
                let lends = lends(&block.kind, &lent);
                let sentences = block.sentences(text, is_open);
                if own.is_empty() && lends.is_none() {
                    lent = Lent::default();
                    // What follows may turn out to be nothing but this one's citations.
                    let is_last_but_one = !finished && n + 2 == blocks.len();
                    let open = blocks.get(n + 1).filter(|_| is_last_but_one).map(of);
                    let may_be_cited = open.is_some_and(|open| counted(&citations::without(open)) == 0);
                    if !is_open && !may_be_cited {
                        without_source(text, block, sentences, leaked, &from_below(0), &mut judged);
                    }
                    continue;
                }
                let whole = settled(text, &sentences, evidence, is_open, of(block), lends.is_some());
                let found = resting(text, &sentences, evidence, lends.as_deref().unwrap_or(&own));
                judged.keep(
                    found
                        .into_iter()
                        .take(whole)
                        .filter(|(range, _)| !leaked(range))
                        .map(|(range, rests_on)| kept(range, rests_on, false)),
                );
                let announces = announces(of(block));
                match (block.kind, own.is_empty()) {
                    // An item that lives on what was lent takes nothing away from the next.
                    (BlockKind::Item(_), true) => {}
                    (BlockKind::Item(indent), false) => {
                        let to_all = if announces { own.clone() } else { std::mem::take(&mut lent.to_all) };
                        lent = Lent { to_all, to_code: own.clone(), to_deeper: Some((indent, own)) };
                    }
                    _ => {
                        lent = Lent {
                            to_all: if announces { own.clone() } else { Vec::new() },
                            to_code: own,
                            to_deeper: None,
                        }
                    }
                }
            }
        }
    }
    judged
}

/// What a block without citations may rest on.
fn lends(kind: &BlockKind, lent: &Lent) -> Option<Vec<u32>> {
    let BlockKind::Item(indent) = kind else { return None };
    let deeper = lent.to_deeper.as_ref().filter(|(above, _)| indent > above).map(|(_, citations)| citations.clone());
    deeper.or_else(|| (!lent.to_all.is_empty()).then(|| lent.to_all.clone()))
}

/// A block without citations of its own: what of it is no claim stays, and an announcement waits for what it
/// announces. Where the next block is nothing but citations, they are this one's.
fn without_source(
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
    if announces(own) && counted(own) <= ANNOUNCING && !states(own) && !leaked(&block.range) {
        judged.waiting.push(KeptClaims { range: block.range.clone(), rests_on: Vec::new(), quotes: false });
        return;
    }
    for range in sentences {
        let sentence = citations::without(text.get(range.clone()).unwrap_or_default());
        if counted(&sentence) <= FEW && !states(&sentence) && !leaked(&range) {
            judged.keep([KeptClaims { range, rests_on: Vec::new(), quotes: false }]);
        } else if !sentence.trim().is_empty() {
            judged.dropped = true;
        }
    }
}

/// Whether there is something in it that only a claim has: a number, an address, code.
fn states(text: &str) -> bool {
    let marker = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')'));
    marker.contains(|c: char| c.is_numeric() || matches!(c, '`' | '@' | '<')) || marker.contains("://")
}

/// Whether a block ends by announcing what follows.
fn announces(text: &str) -> bool {
    citations::without(text).trim_end_matches(['*', '_', ' ']).ends_with([':', '：'])
}

/// How many sentences of a block will stay as they are: all of a finished one; of an open one those up to the last
/// citation that something follows.
fn settled(
    text: &str,
    sentences: &[Range<usize>],
    evidence: &[NumberedEvidence],
    is_open: bool,
    block: &str,
    lends: bool,
) -> usize {
    if !is_open {
        return sentences.len();
    }
    // So short, it may turn out to say whose the quotation above is.
    if lends || counted(&citations::without(block)) <= ATTRIBUTION {
        return 0;
    }
    let cites = |range: &Range<usize>| {
        text.get(range.clone()).is_some_and(|sentence| !citations::cited(sentence, evidence).is_empty())
    };
    let complete = sentences.len().saturating_sub(1);
    sentences.iter().take(complete).rposition(cites).map_or(0, |last| last + 1)
}

/// Each sentence with what it rests on: its own citations, else the next ones, else the last before it.
fn resting(
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
