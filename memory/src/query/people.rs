//! The authors that a question names: a mention, "what did ana say", "laut ben". Names are candidates; the plan stage
//! looks them up among those who wrote inside the scope.

use rtfm_shared::{
    event::UserId,
    language::{
        Language,
        pattern::{Element, PatternMatcher, Slot, match_length, spans_without_gaps},
        token::{MENTION, Token},
    },
};
use std::ops::Range;

/// The most people of one question; each costs a look-up.
const MAX_PEOPLE: usize = 12;

/// The author whom a question means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PersonIdentity {
    Asker,
    /// The person whom a mention identifies.
    Known(UserId),
    /// Everybody with this name.
    Named(String),
}

/// A person in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PersonReference {
    pub(crate) who: PersonIdentity,
    /// The reference as the question writes it.
    pub(crate) text: String,
    /// The token ranges of the reference and of the words that make it one.
    pub(crate) words: Vec<Range<usize>>,
    /// Whether the question asks for the person's messages. Others also write about a person's deeds and feelings.
    pub(crate) certain: bool,
}

/// The people whom a question may mean, longest names first.
pub(super) fn people(
    question: &str,
    tokens: &[Token],
    languages: &[&'static Language],
    mentioned: &[(Range<usize>, UserId)],
) -> Vec<PersonReference> {
    let mut people: Vec<PersonReference> = Vec::new();
    let nothing = |_: usize| Vec::<(usize, ())>::new();
    for language in languages {
        let matcher = PatternMatcher { tokens, language, time_at: &nothing };
        for at in 0..tokens.len() {
            let asker =
                language.said_by_asker.iter().filter_map(|pattern| matcher.at(at, pattern)).max_by_key(|found| found.0);
            people.extend(asker.map(|found| PersonReference {
                who: PersonIdentity::Asker,
                text: "you".to_owned(),
                certain: asks_for_messages(tokens, language, &spans_without_gaps(at, &found)),
                words: spans_without_gaps(at, &found),
            }));
            for found in language.said_by.iter().flat_map(|pattern| matcher.all_at(at, pattern)) {
                let name = found.1.iter().find_map(|slot| if let Slot::Name(name) = slot { Some(name) } else { None });
                let words = spans_without_gaps(at, &found);
                let certain = asks_for_messages(tokens, language, &words);
                let person = name.and_then(|name| reference(question, tokens, languages, mentioned, name, words));
                people.extend(person.map(|person| PersonReference { certain: certain || person.certain, ..person }));
            }
        }
    }
    people.extend(mentioned_authors(tokens, languages, mentioned, question));
    // The longest name first ("ana maria" before "ana"), then the reference with the most words.
    let words = |person: &PersonReference| person.words.iter().map(Range::len).sum::<usize>();
    people.sort_by_key(|person| std::cmp::Reverse((person.text.chars().count(), person.certain, words(person))));
    let mut kept: Vec<PersonReference> = Vec::new();
    for person in people {
        if kept.len() < MAX_PEOPLE && kept.iter().all(|other| other.who != person.who) {
            kept.push(person);
        }
    }
    kept
}

/// The person whom these tokens name; `None` if one of them is no name.
fn reference(
    question: &str,
    tokens: &[Token],
    languages: &[&'static Language],
    mentioned: &[(Range<usize>, UserId)],
    name: &Range<usize>,
    words: Vec<Range<usize>>,
) -> Option<PersonReference> {
    let parts = tokens.get(name.clone())?;
    let text = question.get(parts.first()?.range.start..parts.last()?.range.end)?.to_owned();
    let who = if parts.iter().any(|token| token.word == MENTION) {
        let [mention] = parts else { return None };
        PersonIdentity::Known(mentioned.iter().find(|(range, _)| *range == mention.range)?.1.clone())
    } else {
        let is_no_name =
            |place: usize| languages.iter().any(|language| match_length(tokens, place, &language.not_names).is_some());
        let has_letter = parts.iter().any(|token| token.word.contains(char::is_alphabetic));
        if !has_letter || name.clone().any(is_no_name) {
            return None;
        }
        PersonIdentity::Named(text.clone())
    };
    // A mention is never ambiguous.
    let certain = matches!(who, PersonIdentity::Known(_));
    Some(PersonReference { who, text, words, certain })
}

/// Whether one of these tokens shows that the question asks for messages.
fn asks_for_messages(tokens: &[Token], language: &Language, words: &[Range<usize>]) -> bool {
    words.iter().cloned().flatten().any(|at| match_length(tokens, at, &language.speech).is_some())
}

/// The person whom these tokens name, if they are few enough for a name.
pub(super) fn bare_name(
    question: &str,
    tokens: &[Token],
    languages: &[&'static Language],
    mentioned: &[(Range<usize>, UserId)],
    words: Range<usize>,
) -> Option<PersonReference> {
    let nothing = |_: usize| Vec::<(usize, ())>::new();
    let matcher = PatternMatcher { tokens, language: languages.first()?, time_at: &nothing };
    let is_name = matcher.all_at(words.start, &[Element::Name]).iter().any(|(end, _)| *end == words.end);
    let person = || reference(question, tokens, languages, mentioned, &words, vec![words.clone()]);
    is_name.then(person).flatten()
}

/// The mentioned people, except those that the question is about.
fn mentioned_authors<'a>(
    tokens: &'a [Token],
    languages: &'a [&'static Language],
    mentioned: &'a [(Range<usize>, UserId)],
    question: &'a str,
) -> impl Iterator<Item = PersonReference> + 'a {
    mentioned.iter().filter_map(move |(range, id)| {
        let place = tokens.iter().position(|token| token.range == *range)?;
        let is_topic =
            |before: usize| languages.iter().any(|of| match_length(tokens, before, &of.topic_prepositions).is_some());
        if place.checked_sub(1).is_some_and(is_topic) {
            return None;
        }
        let text = question.get(range.clone())?.to_owned();
        let word = place..place + 1;
        Some(PersonReference { who: PersonIdentity::Known(id.clone()), text, words: vec![word], certain: false })
    })
}
