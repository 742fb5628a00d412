//! Understanding of questions: their topic, and the times, authors and channels that they name.
//!
//! [`understand`] is pure: rules, with every language's words as data ([`rtfm_shared::language`]). The plan stage of the
//! retrieval checks its result against the scope and turns it into filters.

mod follow_up;
mod markup;
mod people;
#[cfg(test)]
mod tests;

use jiff::{Timestamp, tz::TimeZone};
use markup::{Markup, MarkupKind, MessageLink};
use rtfm_shared::{
    event::{ChannelId, Mention, Query, Turn, UserId},
    language::{
        Alternatives, Language,
        calendar::Calendar,
        languages,
        pattern::match_length,
        time,
        token::{self, Token},
    },
    text::visible,
};
use std::ops::Range;

pub(crate) use people::{PersonIdentity, PersonReference};
pub(crate) use time::Period;

/// The time and the time zone of a question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskingContext<'a> {
    /// The instant of the question.
    pub(crate) now: Timestamp,
    /// The time zone of the asker's days.
    pub(crate) zone: &'a TimeZone,
}

/// The meaning of a question, as far as rules recognise it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct QueryUnderstanding {
    /// The question without invisible characters.
    pub(crate) question: String,
    /// The period that it names, and the byte ranges that name it.
    pub(crate) period: Option<(Period, Vec<Range<usize>>)>,
    /// Whether the period dates the messages themselves. Messages about an event may be later than the event.
    pub(crate) dates_messages: bool,
    /// The authors that it names.
    pub(crate) people: Vec<Located<PersonReference>>,
    /// The channels to search in.
    pub(crate) channels: Vec<Located<ChannelReference>>,
    /// The messages that it links to.
    pub(crate) links: Vec<Located<MessageLink>>,
    /// The author that a follow-up to a question about another author names by name alone ("and ben?").
    pub(crate) bare_name: Option<Located<PersonReference>>,
    /// The question that this one follows, if it is a follow-up.
    pub(crate) previous: Option<Box<QueryUnderstanding>>,
}

/// A part of a question's meaning, with the byte ranges that express it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located<T> {
    pub(crate) what: T,
    pub(crate) parts: Vec<Range<usize>>,
}

/// A channel in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelReference {
    /// The reference as the question writes it.
    pub(crate) text: String,
    /// The name after `#`, unless the reference is a mention.
    pub(crate) name: Option<String>,
    /// The channel and its threads, as far as the bot knows them.
    pub(crate) ids: Vec<ChannelId>,
    /// Whether the reference certainly means a channel.
    pub(crate) certain: bool,
}

/// Understands a query by rules alone.
pub(crate) fn understand(query: &Query, asking: AskingContext<'_>) -> QueryUnderstanding {
    let question = visible(&query.question).trim().to_owned();
    if query.verbatim {
        return QueryUnderstanding { question, ..QueryUnderstanding::default() };
    }
    understand_turn(query, &question, &query.history, asking, follow_up::MAX_CHAIN)
}

/// Understands one question of a conversation, with at most `chain` earlier ones.
fn understand_turn(
    query: &Query,
    question: &str,
    history: &[Turn],
    asking: AskingContext<'_>,
    chain: usize,
) -> QueryUnderstanding {
    let locale = query.locale.as_deref().unwrap_or_default();
    let languages = languages(locale);
    let calendar = Calendar::new(asking.now, asking.zone, locale);
    let markup = markup::find_markup(question);
    let mentioned = mentioned_people(question, &markup, &query.mentions);
    let mentions: Vec<Range<usize>> = mentioned.iter().map(|(range, _)| range.clone()).collect();
    let others = markup.iter().filter(|one| !matches!(one.what, MarkupKind::User(_))).map(|one| one.range.clone());
    let tokens = token::with_mentions(question, &mentions, &others.collect::<Vec<_>>());
    let bytes = |words: &Range<usize>| {
        let parts = tokens.get(words.clone()).unwrap_or_default();
        parts.first().zip(parts.last()).map_or(0..0, |(first, last)| first.range.start..last.range.end)
    };
    let period = time::period(&tokens, &languages, &calendar, asking.now);
    let dates_messages = period.as_ref().is_some_and(|(_, places, certain)| {
        let first = places.first().map_or(0, |place| place.start);
        dates_messages(&tokens, &languages, first, *certain)
    });
    let people = people::people(question, &tokens, &languages, &mentioned);
    let located = |person: PersonReference| Located { parts: person.words.iter().map(bytes).collect(), what: person };
    let is_follow_up = chain > 0 && follow_up::is_follow_up(&tokens, &languages);
    let previous = is_follow_up.then(|| previous(query, history, asking, chain - 1)).flatten().map(Box::new);
    let names_author = previous.as_ref().is_some_and(|previous| previous.chain().any(|one| !one.people.is_empty()));
    let bare_name = names_author.then(|| {
        let times = period.as_ref().map_or(&[][..], |(_, words, _)| words);
        let words = follow_up::words_after_opener(&tokens, &languages, times)?;
        people::bare_name(question, &tokens, &languages, &mentioned, words)
    });
    let links = markup.iter().filter_map(|one| match &one.what {
        MarkupKind::MessageLink(link) => Some(Located { what: link.clone(), parts: vec![one.range.clone()] }),
        _ => None,
    });
    QueryUnderstanding {
        period: period.map(|(period, places, _)| (period, places.iter().map(bytes).collect())),
        dates_messages,
        people: people.into_iter().map(located).collect(),
        channels: markup.iter().filter_map(|one| channel(question, one, query, &tokens, &languages)).collect(),
        links: links.collect(),
        bare_name: bare_name.flatten().map(located),
        previous,
        question: question.to_owned(),
    }
}

/// The previous question, understood as of its own time and asker.
fn previous(query: &Query, history: &[Turn], asking: AskingContext<'_>, chain: usize) -> Option<QueryUnderstanding> {
    let (turn, text, history) = follow_up::previous_question(history)?;
    let then = AskingContext { now: turn.timestamp.unwrap_or(asking.now), ..asking };
    let mut found = understand_turn(query, &text, history, then, chain);
    let other_asker = turn.user_id.as_ref().filter(|asker| **asker != query.user_id);
    for said in found.people.iter_mut().filter(|said| said.what.who == PersonIdentity::Asker) {
        if let Some(asker) = other_asker {
            said.what = PersonReference {
                who: PersonIdentity::Known(asker.clone()),
                text: format!("<@{asker}>"),
                ..said.what.clone()
            };
        }
    }
    Some(found)
}

/// Whether the time at a token dates messages: the question asks for messages, and the time does not belong to their
/// topic ("what did ana say about the fair in May?").
fn dates_messages(tokens: &[Token], languages: &[&'static Language], at: usize, certain: bool) -> bool {
    let before = tokens.get(..at).unwrap_or_default();
    follow_up::has_any(tokens, languages, |language| &language.speech)
        && (certain
            || !languages.iter().any(|of| (0..at).any(|at| match_length(before, at, &of.topic_prepositions).is_some())))
}

/// The mentioned people and their byte ranges: from markup, or from names with which the bot replaced markup.
fn mentioned_people(question: &str, markup: &[Markup], mentions: &[Mention]) -> Vec<(Range<usize>, UserId)> {
    let in_markup = markup.iter().filter_map(|one| match &one.what {
        MarkupKind::User(id) => Some((one.range.clone(), id.clone())),
        _ => None,
    });
    let mut found: Vec<(Range<usize>, UserId)> = in_markup.collect();
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

/// The channel to search in that a piece of markup names; `None` if the question is about the channel.
fn channel(
    question: &str,
    markup: &Markup,
    query: &Query,
    tokens: &[Token],
    languages: &[&'static Language],
) -> Option<Located<ChannelReference>> {
    let text = question.get(markup.range.clone())?.to_owned();
    let known = query.mentions.iter().find(|mention| visible(&mention.shown) == text);
    let mut ids = known.map(|known| known.channel_ids.clone()).unwrap_or_default();
    let name = match &markup.what {
        MarkupKind::Channel(id) => {
            if known.is_none() {
                ids.push(id.clone());
            }
            None
        }
        MarkupKind::ChannelName(name) => Some(name.clone()),
        MarkupKind::User(_) | MarkupKind::MessageLink(_) => return None,
    };
    let before = tokens.iter().rposition(|token| token.range.end <= markup.range.start);
    let adjacent = before.filter(|at| {
        let end = tokens.get(*at).map_or(0, |token| token.range.end);
        question.get(end..markup.range.start).is_some_and(|between| between.trim().is_empty())
    });
    let preceded_by = |words: fn(&Language) -> &Alternatives| {
        adjacent.filter(|at| languages.iter().any(|language| match_length(tokens, *at, words(language)).is_some()))
    };
    let inside = preceded_by(|language| &language.place_prepositions);
    if inside.is_none() && preceded_by(|language| &language.topic_prepositions).is_some() {
        return None;
    }
    let certain = known.is_some() || inside.is_some() || name.is_none();
    let start = inside.and_then(|at| tokens.get(at)).map_or(markup.range.start, |token| token.range.start);
    let part = start..markup.range.end;
    Some(Located { what: ChannelReference { text, name, ids, certain }, parts: vec![part] })
}

impl QueryUnderstanding {
    /// This question, the one before it, and so on.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |one| one.previous.as_deref())
    }

    /// The question without these byte ranges.
    pub(crate) fn without(&self, parts: &[Range<usize>]) -> String {
        without(&self.question, parts)
    }

    /// A text without the stop words of its language; `None` if it has only stop words.
    pub(crate) fn content_words(text: &str, locale: &str) -> Option<String> {
        let (tokens, languages) = (token::tokens(text), languages(locale));
        if follow_up::content_word_count(&tokens, &languages) == 0 {
            return None;
        }
        Some(without(text, &follow_up::stop_words(&tokens, &languages)))
    }
}

fn without(text: &str, parts: &[Range<usize>]) -> String {
    let is_removed = |at: usize| parts.iter().any(|part| part.contains(&at));
    let left: String = text.char_indices().map(|(at, c)| if is_removed(at) { ' ' } else { c }).collect();
    left.split_whitespace().collect::<Vec<_>>().join(" ")
}
