//! The baseline: plain Okapi BM25 over single messages, without stems, contexts or names.

use crate::corpus::MessageIndex;
use std::collections::{BTreeSet, HashMap};

/// Saturation of the term frequency.
const K1: f64 = 1.5;
/// Weight of the length normalisation.
const B: f64 = 0.75;

/// Lower-cased runs of letters and digits.
fn terms(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).filter(|term| !term.is_empty()).map(str::to_owned).collect()
}

/// An inverted index over the messages of a set.
#[derive(Debug)]
pub(crate) struct Bm25 {
    /// For each term, the messages that contain it and the term's count there.
    postings: HashMap<String, Vec<(MessageIndex, u32)>>,
    lengths: Vec<usize>,
    total: usize,
}

impl Bm25 {
    pub(crate) fn of<'a>(messages: impl IntoIterator<Item = &'a str>) -> Self {
        let mut index = Self { postings: HashMap::new(), lengths: Vec::new(), total: 0 };
        for (at, text) in messages.into_iter().enumerate() {
            let terms = terms(text);
            index.lengths.push(terms.len());
            index.total += terms.len();
            let mut counts: HashMap<String, u32> = HashMap::new();
            terms.into_iter().for_each(|term| *counts.entry(term).or_default() += 1);
            for (term, count) in counts {
                index.postings.entry(term).or_default().push((at, count));
            }
        }
        index
    }

    /// The best `k` messages for a question. Ignores `absent` messages, also in the statistics; ties go by position.
    pub(crate) fn best(&self, question: &str, absent: &BTreeSet<MessageIndex>, k: usize) -> Vec<MessageIndex> {
        let length = |at: &MessageIndex| self.lengths.get(*at).copied().unwrap_or_default();
        let count = self.lengths.len().saturating_sub(absent.len()) as f64;
        let average = (self.total - absent.iter().map(length).sum::<usize>()) as f64 / count;
        let mut scores: HashMap<MessageIndex, f64> = HashMap::new();
        for term in terms(question) {
            let Some(postings) = self.postings.get(&term) else { continue };
            let present = || postings.iter().filter(|(at, _)| !absent.contains(at));
            let containing = present().count() as f64;
            let idf = ((count - containing + 0.5) / (containing + 0.5)).ln();
            for (at, frequency) in present() {
                let frequency = f64::from(*frequency);
                let norm = K1 * (1.0 - B + B * length(at) as f64 / average);
                *scores.entry(*at).or_default() += idf * frequency * (K1 + 1.0) / (frequency + norm);
            }
        }
        let mut ranking: Vec<(MessageIndex, f64)> = scores.into_iter().collect();
        ranking.sort_by(|(a, score), (b, other)| other.total_cmp(score).then(a.cmp(b)));
        ranking.into_iter().take(k).map(|(at, _)| at).collect()
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
        let best = |question, absent: &[MessageIndex], k| index.best(question, &absent.iter().copied().collect(), k);
        assert_eq!(best("HERON", &[], 10), [1, 0]);
        assert_eq!(best("heron", &[1], 10), [0], "absent messages are not found");
        assert_eq!(best("water shore", &[], 1), [4]);
        assert_eq!(best("cormorant", &[], 10), Vec::<MessageIndex>::new());
    }

    #[test]
    fn absent_messages_do_not_count_in_the_statistics() {
        let (whole, without) =
            (Bm25::of(["x y", "x z", "q x", "y", "w", "v", "u"]), Bm25::of(["x z", "q x", "y", "w", "v", "u"]));
        let shifted: Vec<MessageIndex> =
            without.best("x y z", &BTreeSet::new(), 9).into_iter().map(|at| at + 1).collect();
        assert_eq!(whole.best("x y z", &BTreeSet::from([0]), 9), shifted);
    }
}
