//! Counts words in any language.

use rtfm_shared::language::letters::is_unspaced;

/// The number of words of a text; where a script has no spaces, two characters count as one word.
pub(super) fn word_count(text: &str) -> usize {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').filter(|word| !word.is_empty());
    words.map(|word| word.chars().filter(|c| is_unspaced(*c)).count().div_ceil(2).max(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::word_count;

    #[test]
    fn words_are_counted_in_any_script() {
        assert_eq!((word_count("It's a dog, ok?"), word_count("東京は大きい"), word_count(" … ")), (4, 3, 0));
    }
}
