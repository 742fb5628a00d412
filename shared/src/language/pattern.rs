//! Patterns of words and slots, as the language files write them, and a backtracking matcher.

use super::{
    Alternatives, Language, Unit, alternatives, letters,
    token::{Separator, Token},
};
use std::ops::Range;

/// A pattern contains a slot that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("unknown slot {0:?} in a pattern")]
pub struct UnknownSlot(String);

/// One element of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// One of these alternatives; `true` if it is optional.
    Literal(Alternatives, bool),
    /// A positive number, in digits or words.
    Number,
    /// The name of a calendar unit.
    Unit,
    /// A month's name; `true` if it may be abbreviated.
    Month(bool),
    Weekday,
    DayOfMonth,
    /// A year of four digits.
    Year,
    /// A time expression; the matcher's caller reads it.
    When,
    /// A name of one to three words, or of up to eight characters of an unspaced script.
    Name,
    /// Any words, or none: `…`.
    Anything,
}

impl Element {
    /// Parses a pattern: slots and literals, separated by spaces.
    pub fn pattern(text: &str) -> Result<Vec<Self>, UnknownSlot> {
        let element = |piece: &str| {
            Ok(match piece {
                "{n}" => Self::Number,
                "{unit}" => Self::Unit,
                "{month}" => Self::Month(false),
                "{month|short}" => Self::Month(true),
                "{weekday}" => Self::Weekday,
                "{d}" => Self::DayOfMonth,
                "{year}" => Self::Year,
                "{when}" => Self::When,
                "{name}" => Self::Name,
                slot if slot.contains(['{', '}']) => return Err(UnknownSlot(slot.to_owned())),
                "…" => Self::Anything,
                words => Self::Literal(alternatives(words.trim_end_matches('?')), words.ends_with('?')),
            })
        };
        text.split_whitespace().map(element).collect()
    }
}

/// The value of a slot.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot<W> {
    Number(i64),
    Unit(Unit),
    /// The month's number, 1 for January.
    Month(i8),
    /// The weekday's number, 0 for Monday.
    Weekday(i8),
    Day(i8),
    Year(i16),
    When(W),
    /// The token range of a name.
    Name(Range<usize>),
    /// The token range that `…` covers.
    Between(Range<usize>),
}

/// The token ranges of a match without those that `…` covers.
pub fn spans_without_gaps<W>(start: usize, found: &Match<W>) -> Vec<Range<usize>> {
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

/// The end of a match and the values of its slots.
pub type Match<W> = (usize, Vec<Slot<W>>);

/// The most words that `…` covers.
const MAX_GAP: usize = 24;
/// The length limits of a name: words, or characters of an unspaced script.
const NAME_WORDS: usize = 3;
const NAME_CHARACTERS: usize = 8;

/// Matches patterns of one language against a text.
pub struct PatternMatcher<'a, W> {
    pub tokens: &'a [Token],
    pub language: &'a Language,
    /// Reads the time expressions that begin at a token.
    pub time_at: &'a dyn Fn(usize) -> Vec<(usize, W)>,
}

impl<W: Clone> PatternMatcher<'_, W> {
    /// The longest match of a pattern at a token.
    pub fn at(&self, start: usize, pattern: &[Element]) -> Option<Match<W>> {
        let mut all = Vec::new();
        self.walk(start, start, pattern, &mut Vec::new(), &mut all);
        all.into_iter().max_by_key(|(end, _)| *end)
    }

    /// Every match of a pattern at a token.
    pub fn all_at(&self, start: usize, pattern: &[Element]) -> Vec<Match<W>> {
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
        if let Element::Literal(_, true) = element {
            self.walk(start, at, rest, slots, all);
        }
        if *element == Element::Anything {
            for skipped in at..=(at + MAX_GAP).min(self.tokens.len()) {
                slots.push(Slot::Between(at..skipped));
                self.walk(start, skipped, rest, slots, all);
                slots.pop();
            }
            return;
        }
        let after_anything = matches!(slots.last(), Some(Slot::Between(between)) if between.end == at);
        if !after_anything && !self.is_adjacent(start, at, element) {
            return;
        }
        for (end, slot) in self.element(at, element) {
            let filled = slots.len();
            slots.extend(slot);
            self.walk(start, end, rest, slots, all);
            slots.truncate(filled);
        }
    }

    /// Whether a token continues the match: unquoted, with no punctuation before it but a comma before a year.
    fn is_adjacent(&self, start: usize, at: usize, element: &Element) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        !token.quoted
            && (at == start
                || token.separator == Separator::None
                || (token.separator == Separator::Comma && *element == Element::Year))
    }

    fn element(&self, at: usize, element: &Element) -> Vec<(usize, Option<Slot<W>>)> {
        let tokens = self.tokens;
        let word = tokens.get(at).map_or("", |token| token.word.as_str());
        let one = |slot: Option<Slot<W>>| slot.map(|slot| (at + 1, Some(slot))).into_iter().collect();
        match element {
            Element::Literal(words, _) => {
                match_length(tokens, at, words).map(|length| (at + length, None)).into_iter().collect()
            }
            Element::Number => {
                let named = || list_match(tokens, at, &self.language.numbers);
                match digits(word).filter(|number| (1..=999).contains(number)) {
                    Some(number) => one(Some(Slot::Number(number))),
                    None => named().map(|(end, n)| (end, Some(Slot::Number(n + 1)))).into_iter().collect(),
                }
            }
            Element::Unit => {
                let lists = self.language.units.iter();
                let found = lists
                    .filter_map(|(unit, list)| Some((at + match_length(tokens, at, list)?, Some(Slot::Unit(*unit)))));
                found.max_by_key(|(end, _)| *end).into_iter().collect()
            }
            Element::Month(short) => {
                let long = list_match(tokens, at, &self.language.months);
                let month = long.or_else(|| list_match(tokens, at, &self.language.short_months).filter(|_| *short));
                let month = month.and_then(|(end, n)| Some((end, Some(Slot::Month(i8::try_from(n + 1).ok()?)))));
                month.into_iter().collect()
            }
            Element::Weekday => {
                let day = list_match(tokens, at, &self.language.weekdays);
                day.and_then(|(end, n)| Some((end, Some(Slot::Weekday(i8::try_from(n).ok()?))))).into_iter().collect()
            }
            Element::DayOfMonth => one(day_of_month(word).map(Slot::Day)),
            Element::Year => {
                let year = digits(word).filter(|_| word.chars().count() == 4).and_then(|year| i16::try_from(year).ok());
                one(year.map(Slot::Year))
            }
            Element::When => (self.time_at)(at).into_iter().map(|(end, when)| (end, Some(Slot::When(when)))).collect(),
            Element::Name => self.names(at),
            Element::Anything => Vec::new(),
        }
    }

    fn names(&self, at: usize) -> Vec<(usize, Option<Slot<W>>)> {
        let unspaced = |token: &Token| token.word.starts_with(letters::is_unspaced);
        let most = if self.tokens.get(at).is_some_and(unspaced) { NAME_CHARACTERS } else { NAME_WORDS };
        let following = self.tokens.iter().enumerate().skip(at).take(most);
        let together = following
            .take_while(|(place, token)| *place == at || (token.separator == Separator::None && !token.quoted));
        together.map(|(place, _)| (place + 1, Some(Slot::Name(at..place + 1)))).collect()
    }
}

/// The token count of the longest alternative that begins at a token.
pub fn match_length(tokens: &[Token], at: usize, alternatives: &[Vec<String>]) -> Option<usize> {
    let matches = |words: &&Vec<String>| {
        let here = tokens.iter().skip(at).take(words.len());
        here.len() == words.len()
            && here.zip(words.iter()).enumerate().all(|(n, (token, word))| {
                token.word == *word && !token.quoted && (n == 0 || token.separator == Separator::None)
            })
    };
    alternatives.iter().filter(matches).map(Vec::len).max()
}

/// The end of the longest alternative at a token, and the index of its list.
fn list_match(tokens: &[Token], at: usize, lists: &[Alternatives]) -> Option<(usize, i64)> {
    let found = (0..).zip(lists).filter_map(|(n, list)| Some((at + match_length(tokens, at, list)?, n)));
    found.max_by_key(|(end, _)| *end)
}

/// A number in ASCII or full-width digits.
fn digits(word: &str) -> Option<i64> {
    let plain = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        c => Some(c).filter(char::is_ascii_digit),
    };
    let digits: String = word.chars().map(plain).collect::<Option<_>>()?;
    digits.parse().ok().filter(|_| digits.len() <= 4)
}

/// A day's number with or without an ordinal suffix: `3`, `3rd`, `3.`, `1er`, `1º`.
fn day_of_month(word: &str) -> Option<i8> {
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let (ascii, suffix) = word.split_at_checked(end)?;
    let day = if ascii.is_empty() { digits(word)? } else { digits(ascii)? };
    let is_ordinal =
        ascii.is_empty() || matches!(suffix, "" | "." | "st" | "nd" | "rd" | "th" | "er" | "e" | "º" | "o" | "ª" | "°");
    i8::try_from(day).ok().filter(|day| is_ordinal && (1..=31).contains(day))
}
