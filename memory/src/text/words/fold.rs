//! Letters without their accents, as people type them when they search.

use super::is_mark;
use unicode_normalization::UnicodeNormalization;

/// A lower-case word without accents, however they were written. Latin letters only: in other scripts a mark can make
/// another word.
pub(super) fn fold(word: &str) -> String {
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
