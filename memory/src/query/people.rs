//! Who said it, as questions put it: a mention, "what did ana say", "laut ben". Names are only candidates here: whether
//! somebody of that name wrote anything where the answer may look is found out later.

use super::{
    language::Language,
    pattern::{Element, PatternMatcher, Slot, named, starts},
    token::{MENTION, Token},
};
use rtfm_shared::event::UserId;
use std::ops::Range;

/// Names of one question that are looked up at the most.
const MOST: usize = 12;

/// Who a question says that said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PersonIdentity {
    /// The asker.
    Asker,
    /// This one.
    Known(UserId),
    /// Whoever has this name.
    Named(String),
}

/// Somebody in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PersonReference {
    /// Who.
    pub(crate) who: PersonIdentity,
    /// As the question has it.
    pub(crate) shown: String,
    /// The words that say so, by their place.
    pub(crate) words: Vec<Range<usize>>,
    /// Whether the question is about what they said, and not about what they did or felt, which others tell as well.
    pub(crate) certain: bool,
}

/// Those that a question may mean, the longest names first. Who is mentioned is known.
pub(super) fn people(
    text: &str,
    tokens: &[Token],
    languages: &[&'static Language],
    mentioned: &[(Range<usize>, UserId)],
) -> Vec<PersonReference> {
    let mut people: Vec<PersonReference> = Vec::new();
    let nothing = |_: usize| Vec::<(usize, ())>::new();
    for language in languages {
        let reader = PatternMatcher { tokens, language, when: &nothing };
        for at in 0..tokens.len() {
            let asker = language.i_said.iter().filter_map(|pattern| reader.at(at, pattern)).max_by_key(|found| found.0);
            people.extend(asker.map(|found| PersonReference {
                who: PersonIdentity::Asker,
                shown: "you".to_owned(),
                certain: is_spoken(tokens, language, &named(at, &found)),
                words: named(at, &found),
            }));
            for found in language.said_by.iter().flat_map(|pattern| reader.all_at(at, pattern)) {
                let name = found.1.iter().find_map(|slot| if let Slot::Name(name) = slot { Some(name) } else { None });
                let words = named(at, &found);
                let certain = is_spoken(tokens, language, &words);
                let person = name.and_then(|name| person(text, tokens, languages, mentioned, name, words));
                people.extend(person.map(|person| PersonReference { certain: certain || person.certain, ..person }));
            }
        }
    }
    people.extend(bare(tokens, languages, mentioned, text));
    // The longest name first ("ana maria" before "ana"), and of each name the most words that say so.
    let words = |person: &PersonReference| person.words.iter().map(Range::len).sum::<usize>();
    people.sort_by_key(|person| std::cmp::Reverse((person.shown.chars().count(), person.certain, words(person))));
    let mut kept: Vec<PersonReference> = Vec::new();
    for person in people {
        if kept.len() < MOST && kept.iter().all(|other| other.who != person.who) {
            kept.push(person);
        }
    }
    kept
}

/// Whom these words name; nobody when one of them stands for anybody.
fn person(
    text: &str,
    tokens: &[Token],
    languages: &[&'static Language],
    mentioned: &[(Range<usize>, UserId)],
    name: &Range<usize>,
    words: Vec<Range<usize>>,
) -> Option<PersonReference> {
    let parts = tokens.get(name.clone())?;
    let shown = text.get(parts.first()?.range.start..parts.last()?.range.end)?.to_owned();
    let who = if parts.iter().any(|token| token.word == MENTION) {
        let [mention] = parts else { return None };
        PersonIdentity::Known(mentioned.iter().find(|(range, _)| *range == mention.range)?.1.clone())
    } else {
        let none = |place: usize| languages.iter().any(|language| starts(tokens, place, &language.no_names).is_some());
        let has_letter = parts.iter().any(|token| token.word.contains(char::is_alphabetic));
        if !has_letter || name.clone().any(none) {
            return None;
        }
        PersonIdentity::Named(shown.clone())
    };
    // Who is mentioned is meant.
    let certain = matches!(who, PersonIdentity::Known(_));
    Some(PersonReference { who, shown, words, certain })
}

/// Whether one of these words is about what was said itself.
fn is_spoken(tokens: &[Token], language: &Language, words: &[Range<usize>]) -> bool {
    words.iter().cloned().flatten().any(|at| starts(tokens, at, &language.spoken).is_some())
}

/// Whom these words are the name of, if they are few enough for one.
pub(super) fn alone(
    text: &str,
    tokens: &[Token],
    languages: &[&'static Language],
    mentioned: &[(Range<usize>, UserId)],
    words: Range<usize>,
) -> Option<PersonReference> {
    let nothing = |_: usize| Vec::<(usize, ())>::new();
    let reader = PatternMatcher { tokens, language: languages.first()?, when: &nothing };
    let fits = reader.all_at(words.start, &[Element::Name]).iter().any(|(end, _)| *end == words.end);
    let person = || person(text, tokens, languages, mentioned, &words, vec![words.clone()]);
    fits.then(person).flatten()
}

/// Those that are mentioned, unless the question is about them.
fn bare<'a>(
    tokens: &'a [Token],
    languages: &'a [&'static Language],
    mentioned: &'a [(Range<usize>, UserId)],
    text: &'a str,
) -> impl Iterator<Item = PersonReference> + 'a {
    mentioned.iter().filter_map(move |(range, id)| {
        let place = tokens.iter().position(|token| token.range == *range)?;
        let about = |before: usize| languages.iter().any(|of| starts(tokens, before, &of.about).is_some());
        if place.checked_sub(1).is_some_and(about) {
            return None;
        }
        let shown = text.get(range.clone())?.to_owned();
        let word = place..place + 1;
        Some(PersonReference { who: PersonIdentity::Known(id.clone()), shown, words: vec![word], certain: false })
    })
}
