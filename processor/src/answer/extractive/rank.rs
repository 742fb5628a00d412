//! Which messages fit a question best, judged by their words alone.

use super::EvidenceItem;
use rtfm_memory::text::words;
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

/// How many messages are quoted on the word of the search alone.
const TRUSTED: usize = 3;

/// The words of a text that carry meaning, in a form in which variants of a word are alike.
pub(super) fn words(text: &str) -> HashSet<String> {
    words::of_query(text).iter().map(|word| words::root(word)).collect()
}

/// All words of a message in that form.
pub(super) fn all_words(text: &str) -> HashSet<String> {
    words::of_message(text).iter().map(|word| words::root(word)).collect()
}

/// The messages that fit best, best first; of those that say the same, only the first.
pub(super) fn best<'a>(
    question: &HashSet<String>,
    evidence: &[&'a EvidenceItem],
    limit: usize,
) -> Vec<&'a EvidenceItem> {
    let mut said = HashSet::new();
    let distinct = evidence.iter().copied().filter(|message| {
        let text: Vec<String> = message.content.split_whitespace().map(str::to_lowercase).collect();
        !text.is_empty() && said.insert(text)
    });
    let candidates: Vec<(&EvidenceItem, HashSet<String>)> =
        distinct.map(|message| (message, all_words(&message.content))).collect();
    let mut weights: HashMap<&str, f64> = HashMap::new();
    for word in question {
        let holders = candidates.iter().filter(|(_, words)| words.contains(word)).count();
        // A word that every message has tells them less apart than one that few have.
        #[expect(clippy::cast_precision_loss, reason = "there are few messages")]
        let weight = (1.0 + candidates.len() as f64 / (1.0 + holders as f64)).ln();
        weights.insert(word, weight);
    }
    let total: f64 = weights.values().sum();
    let mut scored: Vec<(f64, bool, &EvidenceItem)> = Vec::new();
    for (place, (message, words)) in candidates.into_iter().enumerate() {
        // Sorted, so that the sum does not depend on the order of a hash map.
        let mut shared: Vec<f64> =
            weights.iter().filter(|(word, _)| words.contains(**word)).map(|(_, weight)| *weight).collect();
        shared.sort_by(f64::total_cmp);
        let overlap = if total > 0.0 { shared.iter().sum::<f64>() / total } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "there are few messages")]
        let found_early = 1.0 / (1.0 + place as f64 / 4.0);
        let score = overlap + 0.5 * found_early;
        // Another's question has all the words and none of the answer.
        let score = if message.content.trim_end().ends_with(['?', '？', '؟']) { score * 0.4 } else { score };
        scored.push((score, overlap > 0.0, message));
    }
    // What shares no word with the question is noise beside what does. Where nothing does, in another
    // language perhaps, the search is trusted, but not far.
    let limit = if scored.iter().any(|(_, shares, _)| *shares) {
        scored.retain(|(_, shares, _)| *shares);
        limit
    } else {
        limit.min(TRUSTED)
    };
    // The sort is stable: of equals the one that was found earlier comes first.
    scored.sort_by(|(a, ..), (b, ..)| Reverse(a).partial_cmp(&Reverse(b)).unwrap_or(std::cmp::Ordering::Equal));
    let bar = scored.first().map_or(0.0, |(score, ..)| score * 0.4);
    scored.into_iter().filter(|(score, ..)| *score >= bar).take(limit).map(|(.., message)| message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_word_are_alike_and_small_words_are_not_seen() {
        assert_eq!(words("Where are the backups?"), words("backup"));
        assert_eq!(words("deploying, deployed; DEPLOYS"), words("deploy"));
        assert_eq!(words("Grüße, 東京!").len(), 2);
        assert!(all_words("The backups are there").is_superset(&words("backup")));
    }
}
