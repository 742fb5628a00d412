//! Follow-up questions ("and on Windows?") and the questions that they follow.

use rtfm_shared::{
    event::{Speaker, Turn},
    language::{
        Alternatives, Language,
        pattern::{PatternMatcher, match_length},
        token::{Separator, Token},
    },
    text::{showable, visible},
};
use std::ops::Range;

/// A longer question names its own topic, whatever it begins with.
const MAX_FOLLOW_UP_WORDS: usize = 16;
/// A question with fewer content words does not name its topic.
const MIN_CONTENT_WORDS: usize = 2;
/// The most earlier questions in a chain of follow-ups.
pub(super) const MAX_CHAIN: usize = 3;
/// Characters used of one earlier turn.
const TURN_CHARS: usize = 400;

/// Whether a question needs the question before it to be understood.
pub(super) fn is_follow_up(tokens: &[Token], languages: &[&'static Language]) -> bool {
    if tokens.len() > MAX_FOLLOW_UP_WORDS {
        return false;
    }
    opener(tokens, 0, languages).is_some()
        || content_word_count(tokens, languages) < MIN_CONTENT_WORDS
        || refers(tokens, languages)
}

/// The end of a follow-up opener that begins at `at`.
fn opener(tokens: &[Token], at: usize, languages: &[&'static Language]) -> Option<usize> {
    // "où" and "é" begin standalone questions; "ou" and "e" begin follow-ups.
    if tokens.get(at).is_some_and(|first| first.accented && first.word.chars().count() <= 2) {
        return None;
    }
    let nothing = |_: usize| Vec::<(usize, ())>::new();
    let ends = |language: &&'static Language| {
        let matcher = PatternMatcher { tokens, language, time_at: &nothing };
        language.openers.iter().filter_map(|opener| Some(matcher.at(at, opener)?.0)).max()
    };
    languages.iter().filter_map(ends).max()
}

/// The words after a follow-up opener, up to a stop word or a time: "ben" in "and ben last week?".
pub(super) fn words_after_opener(
    tokens: &[Token],
    languages: &[&'static Language],
    times: &[Range<usize>],
) -> Option<Range<usize>> {
    let start = std::iter::successors(Some(0), |at| opener(tokens, *at, languages)).last()?;
    let belongs = |(at, token): &(usize, &Token)| {
        let follows = *at == start || token.separator == Separator::None;
        follows && !is_stop_word(tokens, *at, languages) && times.iter().all(|words| !words.contains(at))
    };
    let end = start + tokens.iter().enumerate().skip(start).take_while(belongs).count();
    (end > start).then_some(start..end)
}

/// Whether a pronoun refers to an earlier message. Short words differ in meaning between languages, so only the
/// question's own language counts.
fn refers(tokens: &[Token], languages: &[&'static Language]) -> bool {
    has_any(tokens, languages, |language| &language.references)
}

/// Whether the question contains one of these words of its own language.
pub(super) fn has_any(
    tokens: &[Token],
    languages: &[&'static Language],
    words: fn(&Language) -> &Alternatives,
) -> bool {
    let own = language_of(tokens, languages);
    own.is_some_and(|own| (0..tokens.len()).any(|at| match_length(tokens, at, words(own)).is_some()))
}

/// The language with the most stop words in the question; on a tie the first, which is the asker's own.
fn language_of(tokens: &[Token], languages: &[&'static Language]) -> Option<&'static Language> {
    let stop_word_count = |language: &&&'static Language| {
        (0..tokens.len()).filter(|at| match_length(tokens, *at, &language.stop_words).is_some()).count()
    };
    languages.iter().rev().max_by_key(stop_word_count).copied()
}

/// The byte ranges of the question's stop words, by its own language.
pub(super) fn stop_words(tokens: &[Token], languages: &[&'static Language]) -> Vec<Range<usize>> {
    let Some(own) = language_of(tokens, languages) else { return Vec::new() };
    let range = |at: usize| {
        let words = tokens.get(at..at + match_length(tokens, at, &own.stop_words)?)?;
        Some(words.first()?.range.start..words.last()?.range.end)
    };
    (0..tokens.len()).filter_map(range).collect()
}

/// The number of words that are no stop words.
pub(super) fn content_word_count(tokens: &[Token], languages: &[&'static Language]) -> usize {
    (0..tokens.len()).filter(|at| !is_stop_word(tokens, *at, languages)).count()
}

fn is_stop_word(tokens: &[Token], at: usize, languages: &[&'static Language]) -> bool {
    // The language is uncertain here, so a stop word of any language counts.
    let within = |language: &&'static Language| {
        let from = at.saturating_sub(3);
        (from..=at)
            .any(|start| match_length(tokens, start, &language.stop_words).is_some_and(|length| start + length > at))
    };
    languages.iter().any(within)
}

/// The last non-empty turn of a person, its bounded text, and the turns before it.
pub(super) fn previous_question(history: &[Turn]) -> Option<(&Turn, String, &[Turn])> {
    let is_question = |turn: &Turn| turn.role == Speaker::User && !visible(&turn.content).trim().is_empty();
    let at = history.iter().rposition(is_question)?;
    let turn = history.get(at)?;
    let text = showable(&turn.content);
    Some((turn, text.trim().chars().take(TURN_CHARS).collect(), history.get(..at)?))
}
