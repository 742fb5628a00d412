//! Words as sparse vectors: BM25 in two halves, the same for every store. The weights of a text's words are computed when
//! it is stored and never change; the inverse document frequency ([`idf`]) is computed for each search.

use super::{of_message, of_query, root};
use crate::text::IndexText;
use std::collections::{BTreeMap, BTreeSet};

/// BM25's k1: how soon repetitions of a word stop counting.
const K1: f32 = 1.2;
/// BM25's b: how much a long text lowers the weight of its words.
const B: f32 = 0.75;
/// The upper bound of a word's weight in a text, however often the text repeats it.
pub(crate) const MOST: f32 = K1 + 1.0;
/// The total weight of the words of a typical message with its context (on the evaluation sets 51, 55 and 88). It is a
/// constant so that stored weights stay right; anything from 45 to 90 ranks about alike.
const TYPICAL_WEIGHT: f32 = 60.0;

/// A word's number: FNV-1a of its root, which never changes. Two words can share a number; among the words of a community
/// that is rare and costs one wrong match.
pub(crate) fn number(word: &str) -> u32 {
    root(word).bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A text's words, each with its weight, in order of their numbers.
pub(crate) fn of_text(text: &IndexText) -> Vec<(u32, f32)> {
    let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
    for (weight, part) in &text.parts {
        for word in of_message(part) {
            *counts.entry(number(&word)).or_default() += weight;
        }
    }
    let norm = K1 * (1.0 - B + B * counts.values().sum::<f32>() / TYPICAL_WEIGHT);
    counts.into_iter().map(|(number, count)| (number, count * MOST / (count + norm))).collect()
}

/// The numbers of a text's words, in order and with repetitions, as a text: for an engine that cuts texts at spaces.
pub(crate) fn as_numbers(text: &IndexText) -> String {
    let words = text.parts.iter().flat_map(|(_, part)| of_message(part));
    words.map(|word| number(&word).to_string()).collect::<Vec<_>>().join(" ")
}

/// A question's words, each once, in order of their numbers.
pub(crate) fn of_question(text: &str) -> BTreeSet<u32> {
    of_query(text).iter().map(|word| number(word)).collect()
}

/// The inverse document frequency of a word that `holders` of `all` texts have, in Qdrant's formula.
pub(crate) fn idf(all: u64, holders: u64) -> f32 {
    let (all, holders) = (all as f64, holders as f64);
    let rarity = (all - holders + 0.5).max(0.0) / (holders + 0.5);
    rarity.ln_1p() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(text: impl Into<IndexText>, word: &str) -> f32 {
        of_text(&text.into()).iter().find(|(number, _)| *number == super::number(word)).unwrap().1
    }

    #[test]
    fn weights_follow_bm25() {
        let once = weight("heron here", "herons");
        let twice = weight("heron heron", "heron");
        let long = weight(format!("heron {}", "word ".repeat(100)), "heron");
        assert!(twice > once && twice < 2.0 * once, "more counts more, but less and less");
        assert!(long < once, "a long text is held against it");
        let typical = weight(format!("heron {}", "word ".repeat(59)), "heron");
        assert!((typical - 1.0).abs() < 1e-6, "once in a typical text is 1, not {typical}");
        let nothing_else = weight("heron ".repeat(10_000), "heron");
        assert!(nothing_else < MOST, "{nothing_else}");
    }

    #[test]
    fn a_part_that_weighs_more_counts_more() {
        let parts =
            |own: f32, near: f32| IndexText { parts: vec![(own, "heron".to_owned()), (near, "crane".to_owned())] };
        assert!(weight_of(&parts(2.0, 1.0), "heron") > weight_of(&parts(2.0, 1.0), "crane"));
        assert_eq!(weight_of(&parts(2.0, 1.0), "heron"), weight_of(&parts(1.0, 2.0), "crane"));
    }

    fn weight_of(text: &IndexText, word: &str) -> f32 {
        weight(text.clone(), word)
    }

    #[test]
    fn rare_words_tell_more() {
        assert!(idf(1_000, 1) > idf(1_000, 100) && idf(1_000, 100) > idf(1_000, 1_000) && idf(1_000, 1_000) > 0.0);
        assert!(idf(1, 5) >= 0.0, "a count that lags behind does no harm");
    }

    #[test]
    fn numbers_never_change() {
        // They are stored: another number would not find what is there.
        assert_eq!(number(""), 0x811c_9dc5);
        assert_eq!(number("a"), 0xe40c_292c);
        assert_eq!(number("Deploying".to_lowercase().as_str()), number("deployed"));
    }
}
