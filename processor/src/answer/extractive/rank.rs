//! Ranks messages by the words they share with a question.

use super::EvidenceItem;
use rtfm_memory::text::words;
use rtfm_shared::text::ends_with_question_mark;
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

/// The most messages quoted when none shares a word with the question.
const MAX_UNMATCHED: usize = 3;

/// The stems of a question's content words.
pub(super) fn words(text: &str) -> HashSet<String> {
    words::of_query(text).iter().map(|word| words::root(word)).collect()
}

/// The stems of all words of a message.
pub(super) fn all_words(text: &str) -> HashSet<String> {
    words::of_message(text).iter().map(|word| words::root(word)).collect()
}

/// The best messages, best first; of equal texts only the first.
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
        // A word in every message distinguishes them less than a rare one.
        #[expect(clippy::cast_precision_loss, reason = "there are few messages")]
        let weight = (1.0 + candidates.len() as f64 / (1.0 + holders as f64)).ln();
        weights.insert(word, weight);
    }
    let total: f64 = weights.values().sum();
    let mut scored: Vec<(f64, bool, &EvidenceItem)> = Vec::new();
    for (place, (message, words)) in candidates.into_iter().enumerate() {
        // Sorted, because a float sum depends on its order and a hash map has none.
        let mut shared: Vec<f64> =
            weights.iter().filter(|(word, _)| words.contains(**word)).map(|(_, weight)| *weight).collect();
        shared.sort_by(f64::total_cmp);
        let overlap = if total > 0.0 { shared.iter().sum::<f64>() / total } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "there are few messages")]
        let found_early = 1.0 / (1.0 + place as f64 / 4.0);
        let score = overlap + 0.5 * found_early;
        // A question of another person shares all words and answers nothing.
        let score = if ends_with_question_mark(&message.content) { score * 0.4 } else { score };
        scored.push((score, overlap > 0.0, message));
    }
    // Messages without a shared word are noise next to those with one. When no message shares one, the question may be
    // in another language, so the search's order decides for a few messages.
    let limit = if scored.iter().any(|(_, shares, _)| *shares) {
        scored.retain(|(_, shares, _)| *shares);
        limit
    } else {
        limit.min(MAX_UNMATCHED)
    };
    // The sort is stable, so equal scores keep the order of the search.
    scored.sort_by(|(a, ..), (b, ..)| Reverse(a).partial_cmp(&Reverse(b)).unwrap_or(std::cmp::Ordering::Equal));
    let bar = scored.first().map_or(0.0, |(score, ..)| score * 0.4);
    scored.into_iter().filter(|(score, ..)| *score >= bar).take(limit).map(|(.., message)| message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_word_match_and_stop_words_are_ignored() {
        assert_eq!(words("Where are the backups?"), words("backup"));
        assert_eq!(words("deploying, deployed; DEPLOYS"), words("deploy"));
        assert_eq!(words("Grüße, 東京!").len(), 2);
        assert!(all_words("The backups are there").is_superset(&words("backup")));
    }
}
