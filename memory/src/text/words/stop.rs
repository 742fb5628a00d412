//! Stop words: small words, and the phrases that open a question in a chat. Nearly every question has them, so they find
//! nothing. A stop word of one language can mean something in another, so only the words of one language are removed: of
//! the one that has most of the question's words.

use std::{collections::HashSet, sync::LazyLock};

/// A language a paragraph, below its name. English comes first and wins a tie.
const LANGUAGES: &str = include_str!("stop.txt");

/// Each language's words, lower-case.
static WORDS: LazyLock<Vec<HashSet<&'static str>>> = LazyLock::new(|| {
    let words = |paragraph: &'static str| paragraph.lines().skip(1).flat_map(str::split_whitespace).collect();
    LANGUAGES.split("\n\n").map(words).collect()
});

/// Removes the stop words from these lower-case words, unless there are no others.
pub(super) fn without_stop_words(words: &mut Vec<String>) {
    let count = |stop: &&HashSet<&str>| words.iter().filter(|word| stop.contains(word.as_str())).count();
    // `max_by_key` takes the last of equals.
    let Some(stop) = WORDS.iter().rev().max_by_key(count) else { return };
    if words.iter().any(|word| !stop.contains(word.as_str())) {
        words.retain(|word| !stop.contains(word.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(question: &str) -> String {
        let mut words: Vec<String> = question.split(' ').map(str::to_owned).collect();
        without_stop_words(&mut words);
        words.join(" ")
    }

    #[test]
    fn each_language_loses_its_own_small_words() {
        assert_eq!(left("hi guys does anyone know which port the server has"), "port server");
        assert_eq!(left("weiß jemand welcher port für die brücke ist"), "welcher port brücke");
        assert_eq!(left("est-ce que quelqu un sait où est le serveur"), "est-ce serveur");
        assert_eq!(left("alguien sabe cuál es el puerto de la red"), "puerto red");
        assert_eq!(left("wie weet welke poort de server heeft"), "poort server");
        assert_eq!(left("кто знает где сервер"), "знает сервер");
    }

    #[test]
    fn words_of_one_language_are_not_lost_in_another() {
        assert_eq!(left("did the war die in the red net"), "war die red net");
        assert_eq!(left("to be or not"), "to be or not", "there are no others");
        assert_eq!(left("die"), "die");
    }

    #[test]
    fn all_are_words_in_lower_case() {
        assert_eq!(WORDS.len(), 9);
        for word in WORDS.iter().flatten() {
            assert_eq!(*word, word.to_lowercase());
        }
    }
}
