//! Small patterns of words with slots, as the languages write them, and where a text matches one.

use super::{
    language::{Language, alternatives},
    token::{Gap, Token},
};
use std::ops::Range;

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// One of these words or runs of words; it may be missing where so marked.
    LanguageData(Vec<Vec<String>>, bool),
    /// A number above 0, in figures or words.
    Number,
    /// An hour, day, week, month or year.
    Unit,
    /// The name of a month; in short, too, where so marked.
    Month(bool),
    /// The name of a weekday.
    Weekday,
    /// The number of a day in its month.
    DayOfMonth,
    /// A year in four figures.
    Year,
    /// A time by itself: what the caller finds there.
    When,
    /// A name of one to three words, or of some characters of an unspaced script.
    Name,
    /// Anything.
    Anything,
}

impl Element {
    /// Reads a pattern: slots, and words split by spaces.
    pub(super) fn pattern(text: &str) -> Vec<Self> {
        let element = |piece: &str| match piece {
            "{n}" => Self::Number,
            "{unit}" => Self::Unit,
            "{month}" => Self::Month(false),
            "{month|short}" => Self::Month(true),
            "{weekday}" => Self::Weekday,
            "{d}" => Self::DayOfMonth,
            "{year}" => Self::Year,
            "{when}" => Self::When,
            "{name}" => Self::Name,
            "…" => Self::Anything,
            words => Self::LanguageData(alternatives(words.trim_end_matches('?')), words.ends_with('?')),
        };
        text.split_whitespace().map(element).collect()
    }
}

/// What stands in a slot.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Slot<W> {
    Number(i64),
    Unit(super::language::Unit),
    /// 1 to 12.
    Month(i8),
    /// 0 for Monday.
    Weekday(i8),
    Day(i8),
    Year(i16),
    When(W),
    /// The words of a name, by their place.
    Name(Range<usize>),
    /// The words that `…` stands for, by their place.
    Between(Range<usize>),
}

/// The words of a match that its pattern names, by their place: all but those between.
pub(super) fn named<W>(start: usize, found: &Match<W>) -> Vec<Range<usize>> {
    let (end, slots) = found;
    let mut from = start;
    let mut parts = Vec::new();
    for slot in slots {
        if let Slot::Between(between) = slot {
            parts.push(from..between.start);
            from = between.end;
        }
    }
    parts.push(from..*end);
    parts
}

/// Where a pattern ends, and what stands in its slots.
pub(super) type Match<W> = (usize, Vec<Slot<W>>);

/// How far `…` goes at the most.
const FAR: usize = 24;
/// The most words of a name, and the most characters of one in an unspaced script.
const NAME_WORDS: usize = 3;
const NAME_CHARACTERS: usize = 8;

/// A text, and the language that it is looked at in.
pub(super) struct PatternMatcher<'a, W> {
    pub(super) tokens: &'a [Token],
    pub(super) language: &'a Language,
    /// Reads a time by itself at a place.
    pub(super) when: &'a dyn Fn(usize) -> Vec<(usize, W)>,
}

impl<W: Clone> PatternMatcher<'_, W> {
    /// The longest match of a pattern that begins at a word.
    pub(super) fn at(&self, start: usize, pattern: &[Element]) -> Option<Match<W>> {
        let mut all = Vec::new();
        self.walk(start, start, pattern, &mut Vec::new(), &mut all);
        all.into_iter().max_by_key(|(end, _)| *end)
    }

    /// Every match of a pattern that begins at a word.
    pub(super) fn all_at(&self, start: usize, pattern: &[Element]) -> Vec<Match<W>> {
        let mut all = Vec::new();
        self.walk(start, start, pattern, &mut Vec::new(), &mut all);
        all
    }

    fn walk(&self, start: usize, at: usize, pattern: &[Element], slots: &mut Vec<Slot<W>>, all: &mut Vec<Match<W>>) {
        let Some((element, rest)) = pattern.split_first() else {
            if at > start {
                all.push((at, slots.clone()));
            }
            return;
        };
        if let Element::LanguageData(_, true) = element {
            self.walk(start, at, rest, slots, all);
        }
        if *element == Element::Anything {
            for skipped in at..=(at + FAR).min(self.tokens.len()) {
                slots.push(Slot::Between(at..skipped));
                self.walk(start, skipped, rest, slots, all);
                slots.pop();
            }
            return;
        }
        let after_anything = matches!(slots.last(), Some(Slot::Between(between)) if between.end == at);
        if !after_anything && !self.goes_on(start, at, element) {
            return;
        }
        for (end, slot) in self.element(at, element) {
            let filled = slots.len();
            slots.extend(slot);
            self.walk(start, end, rest, slots, all);
            slots.truncate(filled);
        }
    }

    /// Whether the word at a place belongs to what was read before it.
    fn goes_on(&self, start: usize, at: usize, element: &Element) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        !token.quoted
            && (at == start || token.gap == Gap::None || (token.gap == Gap::Comma && *element == Element::Year))
    }

    fn element(&self, at: usize, element: &Element) -> Vec<(usize, Option<Slot<W>>)> {
        let tokens = self.tokens;
        let word = tokens.get(at).map_or("", |token| token.word.as_str());
        let one = |slot: Option<Slot<W>>| slot.map(|slot| (at + 1, Some(slot))).into_iter().collect();
        match element {
            Element::LanguageData(words, _) => {
                starts(tokens, at, words).map(|length| (at + length, None)).into_iter().collect()
            }
            Element::Number => {
                let named = || numbered(tokens, at, &self.language.numbers);
                match figures(word).filter(|number| (1..=999).contains(number)) {
                    Some(number) => one(Some(Slot::Number(number))),
                    None => named().map(|(end, n)| (end, Some(Slot::Number(n + 1)))).into_iter().collect(),
                }
            }
            Element::Unit => {
                let lists = self.language.units.iter();
                let found =
                    lists.filter_map(|(unit, list)| Some((at + starts(tokens, at, list)?, Some(Slot::Unit(*unit)))));
                found.max_by_key(|(end, _)| *end).into_iter().collect()
            }
            Element::Month(short) => {
                let long = numbered(tokens, at, &self.language.months);
                let month = long.or_else(|| numbered(tokens, at, &self.language.short_months).filter(|_| *short));
                let month = month.and_then(|(end, n)| Some((end, Some(Slot::Month(i8::try_from(n + 1).ok()?)))));
                month.into_iter().collect()
            }
            Element::Weekday => {
                let day = numbered(tokens, at, &self.language.weekdays);
                day.and_then(|(end, n)| Some((end, Some(Slot::Weekday(i8::try_from(n).ok()?))))).into_iter().collect()
            }
            Element::DayOfMonth => one(day_of_month(word).map(Slot::Day)),
            Element::Year => {
                let year =
                    figures(word).filter(|_| word.chars().count() == 4).and_then(|year| i16::try_from(year).ok());
                one(year.map(Slot::Year))
            }
            Element::When => (self.when)(at).into_iter().map(|(end, when)| (end, Some(Slot::When(when)))).collect(),
            Element::Name => self.names(at),
            Element::Anything => Vec::new(),
        }
    }

    fn names(&self, at: usize) -> Vec<(usize, Option<Slot<W>>)> {
        let unspaced = |token: &Token| token.word.starts_with(crate::text::words::is_unspaced);
        let most = if self.tokens.get(at).is_some_and(unspaced) { NAME_CHARACTERS } else { NAME_WORDS };
        let following = self.tokens.iter().enumerate().skip(at).take(most);
        let together = following.take_while(|(place, token)| *place == at || (token.gap == Gap::None && !token.quoted));
        together.map(|(place, _)| (place + 1, Some(Slot::Name(at..place + 1)))).collect()
    }
}

/// How many words the longest of the alternatives takes that the words at a place begin with.
pub(super) fn starts(tokens: &[Token], at: usize, alternatives: &[Vec<String>]) -> Option<usize> {
    let begins = |words: &&Vec<String>| {
        let here = tokens.iter().skip(at).take(words.len());
        here.len() == words.len()
            && here
                .zip(words.iter())
                .enumerate()
                .all(|(n, (token, word))| token.word == *word && !token.quoted && (n == 0 || token.gap == Gap::None))
    };
    alternatives.iter().filter(begins).map(Vec::len).max()
}

/// Which of several lists has an alternative here, and where it ends.
fn numbered(tokens: &[Token], at: usize, lists: &[Vec<Vec<String>>]) -> Option<(usize, i64)> {
    let found = (0..).zip(lists).filter_map(|(n, list)| Some((at + starts(tokens, at, list)?, n)));
    found.max_by_key(|(end, _)| *end)
}

/// A number in figures, those of full width included.
fn figures(word: &str) -> Option<i64> {
    let plain = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        c => Some(c).filter(char::is_ascii_digit),
    };
    let figures: String = word.chars().map(plain).collect::<Option<_>>()?;
    figures.parse().ok().filter(|_| figures.len() <= 4)
}

/// `3`, `3rd`, `3.`, `1er`, `1º`.
fn day_of_month(word: &str) -> Option<i8> {
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let (figures_of, suffix) = word.split_at_checked(end)?;
    let day = if figures_of.is_empty() { figures(word)? } else { figures(figures_of)? };
    let is_ordinal = figures_of.is_empty()
        || matches!(suffix, "" | "." | "st" | "nd" | "rd" | "th" | "er" | "e" | "º" | "o" | "ª" | "°");
    i8::try_from(day).ok().filter(|day| is_ordinal && (1..=31).contains(day))
}
