//! The words of a text, cut the same way for both stores and for both sides of a search, so that a question's words match
//! a message's.

mod stem;
mod stop;
pub mod weigh;

use rtfm_shared::language::letters::{fold, is_mark, is_unspaced, is_word};
use std::collections::HashSet;

/// More distinct words than this cost time and add nothing to a question.
const MAX_QUERY_WORDS: usize = 48;

/// The runs of word characters in a text, each in spaced or in unspaced scripts only.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word(c)).filter(|run| !run.is_empty()).flat_map(|run| {
        let mut rest = run;
        std::iter::from_fn(move || {
            let unspaced = is_unspaced(rest.chars().next()?);
            let end = rest.find(|c: char| is_unspaced(c) != unspaced && !is_mark(c)).unwrap_or(rest.len());
            let (head, tail) = rest.split_at(end);
            rest = tail;
            Some(head)
        })
    })
}

/// The pairs of neighbouring characters of an unspaced run.
fn pairs(run: &str) -> impl Iterator<Item = String> {
    run.chars().zip(run.chars().skip(1)).map(|(left, right)| [left, right].iter().collect())
}

/// The words of a message, in order and with repetitions, in lower case. Unspaced scripts give each character and each
/// pair of neighbours.
pub fn of_message(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in runs(text) {
        if run.starts_with(is_unspaced) {
            words.extend(run.chars().map(String::from));
            words.extend(pairs(run));
        } else {
            words.push(run.to_lowercase());
        }
    }
    words
}

/// The words of a question: distinct, in lower case, without stop words unless it has no others.
pub fn of_query(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut words = Vec::new();
    for run in runs(text) {
        if run.starts_with(is_unspaced) && run.chars().nth(1).is_some() {
            words.extend(pairs(run).filter(|pair| seen.insert(pair.clone())));
        } else {
            let word = run.to_lowercase();
            if seen.insert(word.clone()) {
                words.push(word);
            }
        }
    }
    stop::without_stop_words(&mut words);
    words.truncate(MAX_QUERY_WORDS);
    words
}

/// The form that all forms of a word share.
pub fn root(word: &str) -> String {
    stem::stem(&fold(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_everything_that_is_no_letter_or_digit() {
        assert_eq!(
            of_message("Don't panic: use snake_case—or C++17!"),
            ["don", "t", "panic", "use", "snake", "case", "or", "c", "17"]
        );
        assert_eq!(of_message("Cafe\u{301} Ünïcode 🎉 \0 ok"), ["cafe\u{301}", "ünïcode", "ok"]);
        assert!(of_message("?!… 🎉🎉 \"' -- \0").is_empty());
    }

    #[test]
    fn unspaced_scripts_are_found_by_pairs() {
        assert_eq!(of_message("rust日本語"), ["rust", "日", "本", "語", "日本", "本語"]);
        assert_eq!(of_query("日本語 猫"), ["日本", "本語", "猫"]);
    }

    #[test]
    fn a_question_keeps_what_it_asks_for() {
        assert_eq!(of_query("What is the API endpoint of the api?"), ["api", "endpoint"]);
        assert_eq!(of_query("to be or not to be"), ["to", "be", "or", "not"]);
        let long: String = (0..10_000).map(|n| format!("word{n} ")).collect();
        assert_eq!(of_query(&long).len(), MAX_QUERY_WORDS);
    }
}
