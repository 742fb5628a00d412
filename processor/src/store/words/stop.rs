//! English words that nearly every text has and that therefore find nothing.

/// Sorted, for binary search.
const STOP_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "d", "did",
    "do", "does", "doing", "for", "from", "had", "has", "have", "he", "her", "him", "his", "how", "i", "if", "in",
    "into", "is", "it", "its", "ll", "m", "me", "my", "no", "not", "of", "on", "or", "our", "please", "re", "s", "she",
    "should", "so", "some", "t", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "to", "us", "ve", "was", "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why",
    "will", "with", "would", "you", "your",
];

/// Whether a lower-case word is one of them.
pub(super) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_searchable() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.iter().all(|word| is_stop_word(word)));
        assert!(!is_stop_word("endpoint"));
    }
}
