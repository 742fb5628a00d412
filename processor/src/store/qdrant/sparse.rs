//! Words as sparse vectors. The server multiplies with each word's inverse document frequency; the
//! rest of BM25 is in the weights made here.

use crate::store::words;
use std::collections::BTreeMap;

/// How soon more of the same word stops counting.
const K1: f32 = 1.2;
/// How much a long text is held against it.
const B: f32 = 0.75;
/// Words in a typical chat message; BM25's usual assumptions are made for articles.
const TYPICAL_LENGTH: f32 = 16.0;

/// A word's number: FNV-1a, which is stable for ever. Two words can share one; among the words of a
/// community that is rare and costs one wrong match.
fn number(word: &str) -> u32 {
    words::root(word).bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A message's words, each with its weight, in order of their numbers.
pub(super) fn of_message(text: &str) -> Vec<(u32, f32)> {
    let words = words::of_message(text);
    let length = words.len() as f32;
    let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
    for word in words {
        *counts.entry(number(&word)).or_default() += 1.0;
    }
    let norm = K1 * (1.0 - B + B * length / TYPICAL_LENGTH);
    counts.into_iter().map(|(number, count)| (number, count * (K1 + 1.0) / (count + norm))).collect()
}

/// A question's words: all alike.
pub(super) fn of_query(text: &str) -> Vec<(u32, f32)> {
    let numbers: BTreeMap<u32, f32> = words::of_query(text).iter().map(|word| (number(word), 1.0)).collect();
    numbers.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_follow_bm25() {
        let weight = |text: &str, word: &str| {
            of_message(text).iter().find(|(number, _)| *number == super::number(word)).unwrap().1
        };
        let once = weight("heron here", "herons");
        let twice = weight("heron heron", "heron");
        let long = weight(&format!("heron {}", "word ".repeat(100)), "heron");
        assert!(twice > once && twice < 2.0 * once, "more counts more, but less and less");
        assert!(long < once, "a long text is held against it");
        let typical = weight(&format!("heron {}", "word ".repeat(15)), "heron");
        assert!((typical - 1.0).abs() < 1e-6, "once in a typical message is 1, not {typical}");
    }

    #[test]
    fn numbers_never_change() {
        // They are stored: another number would not find what is there.
        assert_eq!(number(""), 0x811c_9dc5);
        assert_eq!(number("a"), 0xe40c_292c);
        assert_eq!(number("Deploying".to_lowercase().as_str()), number("deployed"));
    }
}
