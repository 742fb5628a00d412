//! The measure beside ours: plain Okapi BM25 over single messages, without stems, contexts or names.

use super::set::Place;
use std::collections::{BTreeSet, HashMap};

/// How soon more of the same word stops counting.
const K1: f64 = 1.5;
/// How much a long message is held against it.
const B: f64 = 0.75;

/// Lower-cased runs of letters and digits.
fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The messages of a set by their words.
#[derive(Debug)]
pub(crate) struct Bm25 {
    /// Of each word, where it stands and how often.
    postings: HashMap<String, Vec<(Place, u32)>>,
    lengths: Vec<usize>,
    total: usize,
}

impl Bm25 {
    pub(crate) fn of<'a>(messages: impl IntoIterator<Item = &'a str>) -> Self {
        let mut index = Self { postings: HashMap::new(), lengths: Vec::new(), total: 0 };
        for (place, text) in messages.into_iter().enumerate() {
            let words = words(text);
            index.lengths.push(words.len());
            index.total += words.len();
            let mut counts: HashMap<String, u32> = HashMap::new();
            words.into_iter().for_each(|word| *counts.entry(word).or_default() += 1);
            for (word, count) in counts {
                index.postings.entry(word).or_default().push((place, count));
            }
        }
        index
    }

    /// The best `k` for a question, as if the absent were not there; ties by place.
    pub(crate) fn best(&self, question: &str, absent: &BTreeSet<Place>, k: usize) -> Vec<Place> {
        let length = |place: &Place| self.lengths.get(*place).copied().unwrap_or_default();
        let count = self.lengths.len().saturating_sub(absent.len()) as f64;
        let average = (self.total - absent.iter().map(length).sum::<usize>()) as f64 / count;
        let mut scores: HashMap<Place, f64> = HashMap::new();
        for word in words(question) {
            let Some(postings) = self.postings.get(&word) else { continue };
            let present = || postings.iter().filter(|(place, _)| !absent.contains(place));
            let with = present().count() as f64;
            let rarity = ((count - with + 0.5) / (with + 0.5)).ln();
            for (place, times) in present() {
                let times = f64::from(*times);
                let norm = K1 * (1.0 - B + B * length(place) as f64 / average);
                *scores.entry(*place).or_default() += rarity * times * (K1 + 1.0) / (times + norm);
            }
        }
        let mut ranking: Vec<(Place, f64)> = scores.into_iter().collect();
        ranking.sort_by(|(a, score), (b, other)| other.total_cmp(score).then(a.cmp(b)));
        ranking.into_iter().take(k).map(|(place, _)| place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_and_short_messages_come_first() {
        let index = Bm25::of([
            "the heron stands in the water and in the water it waits",
            "The heron!",
            "the water",
            "the boat",
            "the shore is far",
            "nobody",
            "knows",
            "why",
        ]);
        let best = |question, absent: &[Place], k| index.best(question, &absent.iter().copied().collect(), k);
        assert_eq!(best("HERON", &[], 10), [1, 0]);
        assert_eq!(best("heron", &[1], 10), [0], "what is absent is not found");
        assert_eq!(best("water shore", &[], 1), [4]);
        assert_eq!(best("cormorant", &[], 10), Vec::<Place>::new());
    }

    #[test]
    fn the_absent_count_in_nothing() {
        let (whole, without) =
            (Bm25::of(["x y", "x z", "q x", "y", "w", "v", "u"]), Bm25::of(["x z", "q x", "y", "w", "v", "u"]));
        let shifted: Vec<Place> = without.best("x y z", &BTreeSet::new(), 9).into_iter().map(|at| at + 1).collect();
        assert_eq!(whole.best("x y z", &BTreeSet::from([0]), 9), shifted);
    }
}
