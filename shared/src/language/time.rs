//! Times in words: "yesterday", "seit Montag", "en mars 2025", "先週".
//!
//! [`period`] finds them inside a question, where only unambiguous phrases count: a word that also means something else
//! ("may", "march") never counts alone. [`start`] reads a text that can only be a time.

use super::{
    Clarity, Language, Meaning, Phrase, Unit,
    calendar::{Calendar, OpenPart, TimeRange},
    pattern::{Element, PatternMatcher, Slot, match_length},
    token::{NumericDate, Separator, Token},
};
use jiff::{Timestamp, tz::TimeZone};
use std::ops::Range;

/// The period that a question names, possibly open at either end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The start, which is inside the period.
    pub since: Option<Timestamp>,
    /// The end, which is outside the period.
    pub until: Option<Timestamp>,
}

impl Period {
    fn is_possible(&self, now: Timestamp) -> bool {
        let begun = self.since.is_none_or(|since| since <= now);
        begun && self.since.zip(self.until).is_none_or(|(since, until)| since < until)
    }

    fn and(&self, other: &Self) -> Self {
        let until = self.until.into_iter().chain(other.until).min();
        Self { since: self.since.max(other.since), until }
    }

    /// The period in words, in days of a time zone: "since 2026-03-01", "from 2026-03-01 to 2026-03-07".
    pub fn words(&self, zone: &TimeZone) -> String {
        let at = |instant: Timestamp| instant.to_zoned(zone.clone());
        let day = |instant: Timestamp| {
            let at = at(instant);
            let whole = at.start_of_day().is_ok_and(|start| start == at);
            at.strftime(if whole { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" }).to_string()
        };
        // The last day inside the period.
        let last = |until: Timestamp| {
            let at = at(until);
            let whole = at.start_of_day().is_ok_and(|start| start == at);
            match at.yesterday().ok().filter(|_| whole) {
                Some(before) => before.strftime("%Y-%m-%d").to_string(),
                None => day(until),
            }
        };
        match (self.since, self.until) {
            (Some(since), Some(until)) if day(since) == last(until) => format!("of {}", day(since)),
            (Some(since), Some(until)) => format!("from {} to {}", day(since), last(until)),
            (Some(since), None) => format!("since {}", day(since)),
            (None, Some(until)) => format!("before {}", day(until)),
            (None, None) => String::new(),
        }
    }
}

/// The period of a question, the token ranges that name it, and whether all of their phrases are certain.
pub fn period(
    tokens: &[Token],
    languages: &[&'static Language],
    calendar: &Calendar,
    now: Timestamp,
) -> Option<(Period, Vec<Range<usize>>, bool)> {
    let mut found: Option<(Period, Vec<Range<usize>>, bool)> = None;
    let mut at = 0;
    while at < tokens.len() {
        let longest = languages.iter().filter_map(|language| longest_phrase(tokens, at, language, calendar, now));
        // On a tie, the asker's own language wins, since it comes first.
        let Some((end, period, certain)) = longest.reduce(|best, next| if next.0 > best.0 { next } else { best })
        else {
            at += 1;
            continue;
        };
        let words = at..end;
        found = Some(match found {
            None => (period, vec![words], certain),
            Some((before, mut places, all)) => {
                let both = before.and(&period);
                if both.is_possible(now) {
                    places.push(words);
                    (both, places, all && certain)
                } else {
                    (before, places, all)
                }
            }
        });
        at = end;
    }
    found
}

/// The longest phrase about time that begins at a token.
fn longest_phrase(
    tokens: &[Token],
    at: usize,
    language: &'static Language,
    calendar: &Calendar,
    now: Timestamp,
) -> Option<(usize, Period, bool)> {
    let time_at = |place: usize| time_expressions(tokens, place, language, calendar);
    let matcher = PatternMatcher { tokens, language, time_at: &time_at };
    let any = |words: &[Vec<String>]| (0..tokens.len()).any(|place| match_length(tokens, place, words).is_some());
    let (mut past, mut future) = (None, None);
    let mut best: Option<(usize, Period, bool)> = None;
    for Phrase { pattern, clarity, meaning } in &language.phrases {
        for (end, slots) in matcher.all_at(at, pattern) {
            if best.as_ref().is_some_and(|(longest, ..)| *longest >= end) || is_continued(tokens, end, language) {
                continue;
            }
            let future = *future.get_or_insert_with(|| any(&language.future));
            let past = *past.get_or_insert_with(|| any(&language.past));
            // "on Monday" may mean next Monday.
            let weekday = |slot: &Slot<TimeRange>| matches!(slot, Slot::When(when) if when.open == OpenPart::Week);
            let clear = match clarity {
                Clarity::Certain => true,
                Clarity::Likely if *meaning == Meaning::During && slots.iter().any(weekday) => past && !future,
                Clarity::Likely => !future,
                Clarity::Weak => past && !future,
            };
            if let Some(period) =
                period_of(*meaning, &slots, calendar).filter(|period| clear && period.is_possible(now))
            {
                best = Some((end, period, *clarity == Clarity::Certain));
            }
        }
    }
    best
}

/// Whether the next word gives the phrase another meaning.
fn is_continued(tokens: &[Token], end: usize, language: &Language) -> bool {
    let joined = tokens.get(end).is_some_and(|token| token.separator == Separator::None);
    joined && match_length(tokens, end, &language.not_followed_by).is_some()
}

/// The period of a phrase with these slots.
fn period_of(meaning: Meaning, slots: &[Slot<TimeRange>], calendar: &Calendar) -> Option<Period> {
    let times: Vec<TimeRange> =
        slots.iter().filter_map(|slot| if let Slot::When(when) = slot { Some(*when) } else { None }).collect();
    let first = times.first().copied();
    let (number, unit) = count(slots);
    let within = |range: TimeRange| Period { since: Some(range.since), until: Some(range.until) };
    Some(match meaning {
        Meaning::Day(days) => within(calendar.day_from_today(days)?),
        Meaning::Previous(unit) => within(calendar.unit(unit, 1)?),
        Meaning::Current(unit) => within(calendar.unit(unit, 0)?),
        Meaning::Rolling => Period { since: Some(calendar.rolling(number, unit?)?.since), until: None },
        Meaning::Ago => within(calendar.unit(unit?, number)?),
        Meaning::MostRecent => within(slots.iter().find_map(|slot| match slot {
            Slot::Weekday(day) => calendar.weekday(*day),
            Slot::Month(month) => calendar.month(*month, None, true),
            _ => None,
        })?),
        Meaning::During => within(first?),
        Meaning::Since => Period { since: Some(first?.since), until: None },
        Meaning::After => Period { since: Some(first?.until), until: None },
        Meaning::Before => Period { since: None, until: Some(first?.since) },
        Meaning::Until => Period { since: None, until: Some(first?.until) },
        Meaning::Between => {
            let (mut from, to) = (first?, times.get(1).copied()?);
            // "Between November and February" begins in the earlier year.
            if from.since >= to.until && from.open == OpenPart::Year {
                from = calendar.one_year_earlier(from)?;
            }
            Period { since: Some(from.since), until: Some(to.until) }
        }
    })
}

/// The number of units, which is one by default, and the unit.
fn count(slots: &[Slot<TimeRange>]) -> (i64, Option<Unit>) {
    let number = slots.iter().find_map(|slot| if let Slot::Number(n) = slot { Some(*n) } else { None });
    let unit = slots.iter().find_map(|slot| if let Slot::Unit(unit) = slot { Some(*unit) } else { None });
    (number.unwrap_or(1), unit)
}

/// The start of the time that the whole text names: of a day or a month its first midnight, of a number of units the
/// instant that many units ago. A numeric date of uncertain order is not guessed.
pub fn start(tokens: &[Token], languages: &[&'static Language], calendar: &Calendar) -> Option<Timestamp> {
    if tokens.iter().any(|token| matches!(token.date, Some(NumericDate::Slashed(..)))) {
        return None;
    }
    languages.iter().find_map(|language| {
        let time_at = |place: usize| time_expressions(tokens, place, language, calendar);
        let matcher = PatternMatcher { tokens, language, time_at: &time_at };
        let phrase = |Phrase { pattern, meaning, .. }: &Phrase| {
            let (_, slots) = matcher.all_at(0, pattern).into_iter().find(|(end, _)| *end == tokens.len())?;
            match (meaning, count(&slots)) {
                (Meaning::Rolling | Meaning::Ago, (number, unit)) => calendar.ago(number, unit?),
                _ => period_of(*meaning, &slots, calendar)?.since,
            }
        };
        let alone = || time_at(0).into_iter().find(|(end, _)| *end == tokens.len()).map(|(_, range)| range.since);
        language.phrases.iter().find_map(phrase).or_else(alone)
    })
}

/// The time expressions that begin at a token: dates, months, weekdays, years, and phrases such as "yesterday".
fn time_expressions(
    tokens: &[Token],
    at: usize,
    language: &'static Language,
    calendar: &Calendar,
) -> Vec<(usize, TimeRange)> {
    let nothing = |_: usize| Vec::new();
    let matcher = PatternMatcher { tokens, language, time_at: &nothing };
    let mut found: Vec<(usize, TimeRange)> = Vec::new();
    if let Some(date) = tokens.get(at).filter(|token| !token.quoted).and_then(|token| token.date) {
        found.extend(calendar.numeric_date(date).map(|day| (at + 1, day)));
    }
    for pattern in &language.dates {
        found.extend(matcher.at(at, pattern).and_then(|(end, slots)| Some((end, date(&slots, calendar)?))));
    }
    let bare = [Element::Month(false), Element::Weekday, Element::Year];
    for element in bare {
        let read = matcher.at(at, &[element]);
        found.extend(read.and_then(|(end, slots)| Some((end, date(&slots, calendar)?))));
    }
    for Phrase { pattern, meaning, .. } in &language.phrases {
        if let Some((end, slots)) = matcher.at(at, pattern) {
            let period = period_of(*meaning, &slots, calendar);
            let whole = period.and_then(|period| period.since.zip(period.until.or(period.since)));
            found.extend(whole.map(|(since, until)| (end, TimeRange { since, until, open: OpenPart::Nothing })));
        }
    }
    found
}

/// The day, month or year that these slots give.
fn date(slots: &[Slot<TimeRange>], calendar: &Calendar) -> Option<TimeRange> {
    let (mut day, mut month, mut year, mut weekday) = (None, None, None, None);
    for slot in slots {
        match slot {
            Slot::Day(n) => day = Some(*n),
            Slot::Month(n) => month = Some(*n),
            Slot::Year(n) => year = Some(*n),
            Slot::Weekday(n) => weekday = Some(*n),
            Slot::Number(_) | Slot::Unit(_) | Slot::When(_) | Slot::Name(_) | Slot::Between(_) => {}
        }
    }
    match (day, month, year, weekday) {
        (Some(day), Some(month), year, _) => calendar.date(day, month, year),
        (None, Some(month), year, _) => calendar.month(month, year, false),
        (None, None, Some(year), _) => calendar.year(year),
        (_, _, _, Some(day)) => calendar.weekday(day),
        _ => None,
    }
}
