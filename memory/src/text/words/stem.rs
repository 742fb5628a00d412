//! Stems, so that "deploying" finds "deployed": Snowball's.
//!
//! The stemmer follows from the script of the word alone, so that a question's words and a message's get the same one
//! whatever language each is in. Latin script gets the English stemmer, see docs/decisions/037-stems-by-script.md.

use rust_stemmers::{Algorithm, Stemmer};

/// The stem of a lower-case word. Words of other scripts, and those with digits, stay as they are.
pub(super) fn stem(word: &str) -> String {
    let written_in = |is_letter: fn(char) -> bool| word.chars().all(is_letter);
    let algorithm = match () {
        () if word.len() < 3 => return word.to_owned(),
        () if written_in(|c| c.is_ascii_lowercase()) => Algorithm::English,
        () if written_in(|c| matches!(c, '\u{400}'..='\u{52f}')) => Algorithm::Russian,
        () => return word.to_owned(),
    };
    Stemmer::create(algorithm).stem(word).into_owned()
}

#[cfg(test)]
mod tests {
    use super::stem;
    use proptest::prelude::*;

    #[test]
    fn forms_of_a_word_share_their_stem() {
        for forms in [
            ["deploying", "deployed", "deploys"],
            ["migration", "migrations", "migrate"],
            ["query", "queries", "query"],
            ["серверы", "серверов", "сервера"],
        ] {
            assert!(forms.iter().all(|form| stem(form) == stem(forms[0])), "{forms:?}");
        }
    }

    #[test]
    fn other_scripts_and_short_words_stay() {
        for word in ["日本", "c3po", "as", "é", "żółw", ""] {
            assert_eq!(stem(word), word);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn no_word_panics(word in "[a-z]{0,20}|[\u{400}-\u{52f}]{0,12}") {
            stem(&word);
        }
    }
}
