//! Questions as people ask them: what is asked about, and what the asker says of when, by whom and where it was said.
//!
//! [`understand`] is pure: rules, with every language's words as data. [`plan`](plan::plan) holds what it found against
//! what may be seen: it only ever narrows, and only where it is asked what was said; what narrows is dropped again when
//! nothing is found that way, and else it is only preferred.

mod calendar;
mod follow_up;
mod language;
mod markup;
mod pattern;
mod people;
#[cfg(test)]
mod tests;
mod time;
mod token;

use crate::text::visible;
use calendar::Calendar;
use jiff::{Timestamp, tz::TimeZone};
use language::{Language, languages};
use markup::{Markup, MarkupKind, MessageLink};
use pattern::starts;
use rtfm_shared::event::{ChannelId, Mention, Query, Turn, UserId};
use std::ops::Range;
use token::Token;

pub(crate) use people::{PersonIdentity, PersonReference};
pub(crate) use time::Period;

/// When, where and how it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskingContext<'a> {
    /// Now.
    pub(crate) now: Timestamp,
    /// Where the asker's days begin.
    pub(crate) zone: &'a TimeZone,
}

/// What a question says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct QueryUnderstanding {
    /// The question as it was asked, without what nobody sees.
    pub(crate) question: String,
    /// When it was said, and where in the question that stands.
    pub(crate) period: Option<(Period, Vec<Range<usize>>)>,
    /// Whether that is when it was said, and not when something was done or happened, which may be told later.
    pub(crate) said_then: bool,
    /// Who may have said it.
    pub(crate) people: Vec<Located<PersonReference>>,
    /// The channels in which it was said.
    pub(crate) channels: Vec<Located<ChannelReference>>,
    /// The messages that it is about.
    pub(crate) links: Vec<Located<MessageLink>>,
    /// Whom it may name by the name alone ("and ben?"), when it goes on from one that names somebody.
    pub(crate) instead: Option<Located<PersonReference>>,
    /// The question before it, when it goes on from that.
    pub(crate) before: Option<Box<QueryUnderstanding>>,
}

/// Something that a question says, and where in it, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located<T> {
    pub(crate) what: T,
    pub(crate) parts: Vec<Range<usize>>,
}

/// A channel in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelReference {
    /// As the question has it.
    pub(crate) shown: String,
    /// The name, when it is one.
    pub(crate) name: Option<String>,
    /// The channel and its threads, as far as the asker's side knows them.
    pub(crate) ids: Vec<ChannelId>,
    /// Whether it is certain that a channel is meant.
    pub(crate) certain: bool,
}

/// What a question says, by rules alone.
pub(crate) fn understand(query: &Query, asking: AskingContext<'_>) -> QueryUnderstanding {
    let question = visible(&query.question).trim().to_owned();
    if query.verbatim {
        return QueryUnderstanding { question, ..QueryUnderstanding::default() };
    }
    one_of_several(query, &question, &query.history, asking, follow_up::BACK)
}

/// What a question of a conversation says. `back` is how many questions before it may be gone back to.
fn one_of_several(
    query: &Query,
    question: &str,
    history: &[Turn],
    asking: AskingContext<'_>,
    back: usize,
) -> QueryUnderstanding {
    let locale = query.locale.as_deref().unwrap_or_default();
    let languages = languages(locale);
    let calendar = Calendar::new(asking.now, asking.zone, locale);
    let marks = markup::find_markup(question);
    let mentioned = mentioned(question, &marks, &query.mentions);
    let mentions: Vec<Range<usize>> = mentioned.iter().map(|(range, _)| range.clone()).collect();
    let others = marks.iter().filter(|mark| !matches!(mark.what, MarkupKind::User(_))).map(|mark| mark.range.clone());
    let tokens = token::with_mentions(question, &mentions, &others.collect::<Vec<_>>());
    let bytes = |words: &Range<usize>| {
        let parts = tokens.get(words.clone()).unwrap_or_default();
        parts.first().zip(parts.last()).map_or(0..0, |(first, last)| first.range.start..last.range.end)
    };
    let period = time::period(&tokens, &languages, &calendar, asking.now);
    let said_then = period.as_ref().is_some_and(|(_, places, sure)| {
        let first = places.first().map_or(0, |place| place.start);
        said_then(&tokens, &languages, first, *sure)
    });
    let people = people::people(question, &tokens, &languages, &mentioned);
    let said = |person: PersonReference| Located { parts: person.words.iter().map(bytes).collect(), what: person };
    let goes_on = back > 0 && follow_up::goes_on(&tokens, &languages);
    let before = goes_on.then(|| earlier(query, history, asking, back - 1)).flatten().map(Box::new);
    let names_somebody = before.as_ref().is_some_and(|before| before.chain().any(|one| !one.people.is_empty()));
    let instead = names_somebody.then(|| {
        let when = period.as_ref().map_or(&[][..], |(_, words, _)| words);
        let words = follow_up::opened_with(&tokens, &languages, when)?;
        people::alone(question, &tokens, &languages, &mentioned, words)
    });
    let links = marks.iter().filter_map(|mark| match &mark.what {
        MarkupKind::MessageLink(link) => Some(Located { what: link.clone(), parts: vec![mark.range.clone()] }),
        _ => None,
    });
    QueryUnderstanding {
        period: period.map(|(period, places, _)| (period, places.iter().map(bytes).collect())),
        said_then,
        people: people.into_iter().map(said).collect(),
        channels: marks.iter().filter_map(|mark| place(question, mark, query, &tokens, &languages)).collect(),
        links: links.collect(),
        instead: instead.flatten().map(said),
        before,
        question: question.to_owned(),
    }
}

/// The question before, as it was meant when it was asked and by whom.
fn earlier(query: &Query, history: &[Turn], asking: AskingContext<'_>, back: usize) -> Option<QueryUnderstanding> {
    let (turn, text, history) = follow_up::before(history)?;
    let then = AskingContext { now: turn.timestamp.unwrap_or(asking.now), ..asking };
    let mut found = one_of_several(query, &text, history, then, back);
    let another = turn.user_id.as_ref().filter(|asker| **asker != query.user_id);
    for said in found.people.iter_mut().filter(|said| said.what.who == PersonIdentity::Asker) {
        if let Some(asker) = another {
            said.what = PersonReference {
                who: PersonIdentity::Known(asker.clone()),
                shown: format!("<@{asker}>"),
                ..said.what.clone()
            };
        }
    }
    Some(found)
}

/// Whether a time that begins at a word is when something was said: the question is about that, and the time is not of
/// what it was about ("what did ana say about the fair in May?").
fn said_then(tokens: &[Token], languages: &[&'static Language], at: usize, sure: bool) -> bool {
    let before = tokens.get(..at).unwrap_or_default();
    follow_up::any(tokens, languages, |language| &language.spoken)
        && (sure || !languages.iter().any(|of| (0..at).any(|at| starts(before, at, &of.about).is_some())))
}

/// Who is mentioned and where: by Discord's marks, or by names that the asker's side made of them.
fn mentioned(question: &str, marks: &[Markup], mentions: &[Mention]) -> Vec<(Range<usize>, UserId)> {
    let by_mark = marks.iter().filter_map(|mark| match &mark.what {
        MarkupKind::User(id) => Some((mark.range.clone(), id.clone())),
        _ => None,
    });
    let mut found: Vec<(Range<usize>, UserId)> = by_mark.collect();
    for mention in mentions {
        let shown = visible(&mention.shown);
        let start = question.find(&shown).filter(|_| !shown.is_empty());
        if let (Some(start), Some(id)) = (start, &mention.user_id) {
            let range = start..start + shown.len();
            if found.iter().all(|(other, _)| other.end <= range.start || range.end <= other.start) {
                found.push((range, id.clone()));
            }
        }
    }
    found
}

/// The channel that a mark names as the place where something was said; none when the question is about it.
fn place(
    question: &str,
    mark: &Markup,
    query: &Query,
    tokens: &[Token],
    languages: &[&'static Language],
) -> Option<Located<ChannelReference>> {
    let shown = question.get(mark.range.clone())?.to_owned();
    let told = query.mentions.iter().find(|mention| visible(&mention.shown) == shown);
    let mut ids = told.map(|told| told.channel_ids.clone()).unwrap_or_default();
    let name = match &mark.what {
        MarkupKind::Channel(id) => {
            if told.is_none() {
                ids.push(id.clone());
            }
            None
        }
        MarkupKind::ChannelName(name) => Some(name.clone()),
        MarkupKind::User(_) | MarkupKind::MessageLink(_) => return None,
    };
    let before = tokens.iter().rposition(|token| token.range.end <= mark.range.start);
    let adjacent = before.filter(|at| {
        let end = tokens.get(*at).map_or(0, |token| token.range.end);
        question.get(end..mark.range.start).is_some_and(|between| between.trim().is_empty())
    });
    let stands = |words: fn(&Language) -> &[Vec<String>]| {
        adjacent.filter(|at| languages.iter().any(|language| starts(tokens, *at, words(language)).is_some()))
    };
    let inside = stands(|language| &language.inside);
    if inside.is_none() && stands(|language| &language.about).is_some() {
        return None;
    }
    let certain = told.is_some() || inside.is_some() || name.is_none();
    let start = inside.and_then(|at| tokens.get(at)).map_or(mark.range.start, |token| token.range.start);
    let part = start..mark.range.end;
    Some(Located { what: ChannelReference { shown, name, ids, certain }, parts: vec![part] })
}

impl QueryUnderstanding {
    /// The question, the one that it goes on from, and so on.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |one| one.before.as_deref())
    }

    /// The question without these parts of it.
    pub(crate) fn without(&self, parts: &[Range<usize>]) -> String {
        without(&self.question, parts)
    }

    /// The words of a text that say what is asked about, without the small words of questions in its language; none
    /// when it has no others.
    pub(crate) fn telling(text: &str, locale: &str) -> Option<String> {
        let (tokens, languages) = (token::tokens(text), languages(locale));
        if follow_up::telling(&tokens, &languages) == 0 {
            return None;
        }
        Some(without(text, &follow_up::small_words(&tokens, &languages)))
    }
}

fn without(text: &str, parts: &[Range<usize>]) -> String {
    let gone = |at: usize| parts.iter().any(|part| part.contains(&at));
    let left: String = text.char_indices().map(|(at, c)| if gone(at) { ' ' } else { c }).collect();
    left.split_whitespace().collect::<Vec<_>>().join(" ")
}
