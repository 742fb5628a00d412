//! Letters of every script, and words without accents, as people type them when they search.

use unicode_normalization::UnicodeNormalization;

/// Scripts that write no spaces between words.
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{0e00}'..='\u{0eff}' | '\u{20000}'..='\u{3134f}')
}

/// Combining marks belong to the letter before them.
pub fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// Letters and digits of any script.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// A lower-case word without accents, however they were written. Latin letters only: in other scripts a mark can make
/// another word.
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut is_latin = false;
    let kept = word.nfd().filter(|c| {
        if is_mark(*c) {
            return !is_latin;
        }
        is_latin = c.is_ascii_alphabetic();
        true
    });
    kept.nfc().collect()
}

/// A word in lower case, without accents and with straight apostrophes.
pub fn plain(word: &str) -> String {
    fold(&word.to_lowercase().replace('’', "'"))
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn accents_go_however_they_were_written() {
        assert_eq!(fold("café"), "cafe");
        assert_eq!(fold("cafe\u{301}"), "cafe");
        assert_eq!(fold("ünïcödé"), "unicode");
        assert_eq!(fold("żółw"), "zołw", "a stroke is no accent");
        assert_eq!(fold("привет"), "привет");
        assert_eq!(fold("и\u{306}"), "й", "elsewhere a mark makes another letter");
    }
}
