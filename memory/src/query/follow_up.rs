//! Questions that go on from what was said before ("and on Windows?"), and what they go on from.

use super::{
    language::Language,
    pattern::{PatternMatcher, starts},
    token::{Gap, Token},
};
use crate::text::visible;
use rtfm_shared::event::{Speaker, Turn};
use std::ops::Range;

/// A question with more words than this says what it is about, whatever it begins with.
const LONG: usize = 16;
/// One with fewer words that carry meaning than this may be about anything.
const TELLING: usize = 2;
/// Turns that are gone back for one that says what it is about.
pub(super) const BACK: usize = 3;
/// Characters of one earlier turn that are searched for.
const TURN_CHARS: usize = 400;

/// Whether a question cannot be understood without what was said before it.
pub(super) fn goes_on(tokens: &[Token], languages: &[&'static Language]) -> bool {
    if tokens.len() > LONG {
        return false;
    }
    opener(tokens, 0, languages).is_some() || telling(tokens, languages) < TELLING || refers(tokens, languages)
}

/// Where the words end with which a question goes on.
fn opener(tokens: &[Token], at: usize, languages: &[&'static Language]) -> Option<usize> {
    // "où" and "é" begin questions that stand alone, "ou" and "e" others.
    if tokens.get(at).is_some_and(|first| first.accented && first.word.chars().count() <= 2) {
        return None;
    }
    let nothing = |_: usize| Vec::<(usize, ())>::new();
    let ends = |language: &&'static Language| {
        let reader = PatternMatcher { tokens, language, when: &nothing };
        language.openers.iter().filter_map(|opener| Some(reader.at(at, opener)?.0)).max()
    };
    languages.iter().filter_map(ends).max()
}

/// The words right after those with which a question goes on, up to a small word or a time: "ben" of "and ben last
/// week?".
pub(super) fn opened_with(
    tokens: &[Token],
    languages: &[&'static Language],
    when: &[Range<usize>],
) -> Option<Range<usize>> {
    let start = std::iter::successors(Some(0), |at| opener(tokens, *at, languages)).last()?;
    let goes_together = |(at, token): &(usize, &Token)| {
        let follows = *at == start || token.gap == Gap::None;
        follows && !is_filler(tokens, *at, languages) && when.iter().all(|words| !words.contains(at))
    };
    let end = start + tokens.iter().enumerate().skip(start).take_while(goes_together).count();
    (end > start).then_some(start..end)
}

/// Whether a word stands for something that was said before. Small words mean other things in other languages, so
/// they count in the language that most words of the question are of.
fn refers(tokens: &[Token], languages: &[&'static Language]) -> bool {
    any(tokens, languages, |language| &language.references)
}

/// Whether there is one of these words, in the language that the question is of.
pub(super) fn any(tokens: &[Token], languages: &[&'static Language], words: fn(&Language) -> &[Vec<String>]) -> bool {
    let written = written_in(tokens, languages);
    written.is_some_and(|own| (0..tokens.len()).any(|at| starts(tokens, at, words(own)).is_some()))
}

/// The language that most small words of a question are of; of equals the first, which is the asker's own.
fn written_in(tokens: &[Token], languages: &[&'static Language]) -> Option<&'static Language> {
    let known = |language: &&&'static Language| {
        (0..tokens.len()).filter(|at| starts(tokens, *at, &language.fillers).is_some()).count()
    };
    languages.iter().rev().max_by_key(known).copied()
}

/// Where the small words of a question stand, in bytes: those of the language that it is written in.
pub(super) fn small_words(tokens: &[Token], languages: &[&'static Language]) -> Vec<Range<usize>> {
    let Some(written) = written_in(tokens, languages) else { return Vec::new() };
    let small = |at: usize| {
        let words = tokens.get(at..at + starts(tokens, at, &written.fillers)?)?;
        Some(words.first()?.range.start..words.last()?.range.end)
    };
    (0..tokens.len()).filter_map(small).collect()
}

/// How many words say what is asked about.
pub(super) fn telling(tokens: &[Token], languages: &[&'static Language]) -> usize {
    (0..tokens.len()).filter(|at| !is_filler(tokens, *at, languages)).count()
}

fn is_filler(tokens: &[Token], at: usize, languages: &[&'static Language]) -> bool {
    // A word of several languages, one of which may need it: only what a question's small words are anywhere.
    let within = |language: &&'static Language| {
        let from = at.saturating_sub(3);
        (from..=at).any(|start| starts(tokens, start, &language.fillers).is_some_and(|length| start + length > at))
    };
    languages.iter().any(within)
}

/// The last turn of a person that says anything, as much of its text as is used, and what was said before it.
pub(super) fn before(history: &[Turn]) -> Option<(&Turn, String, &[Turn])> {
    let says = |turn: &Turn| turn.role == Speaker::User && !visible(&turn.content).trim().is_empty();
    let at = history.iter().rposition(says)?;
    let turn = history.get(at)?;
    Some((turn, visible(&turn.content).trim().chars().take(TURN_CHARS).collect(), history.get(..at)?))
}
