//! A question cut into words, the way the rules of every language see them: in lower case and without accents, a
//! script that writes no spaces character by character, dates in figures as what they mean.

use crate::text::words;
use jiff::civil::Date;
use std::ops::Range;

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing but white space, or nothing at all.
    None,
    /// A comma.
    Comma,
    /// Something else, which no phrase goes across.
    Other,
}

/// A word of a question.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// In lower case, without accents.
    pub(super) word: String,
    /// Whether it is written with accents, which make another word of a short one ("ou" and "où").
    pub(super) accented: bool,
    /// The date that it is, when it is one in figures.
    pub(super) date: Option<NumericDate>,
    /// Where it stands in the text, in bytes.
    pub(super) range: Range<usize>,
    /// What stands before it.
    pub(super) gap: Gap,
    /// Whether it is quoted, or code: what is mentioned there is not meant.
    pub(super) quoted: bool,
}

/// A date in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumericDate {
    /// One that reads in one way only.
    Certain(Date),
    /// Two numbers and a year, by the custom of the place.
    Slashed(i8, i8, i16),
}

/// The words of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut quotes = OpenQuotes::default();
    let (mut at, mut gap) = (0, Gap::None);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        // A quotation mark that never closes quotes nothing.
        let length = match date_in_figures(rest) {
            Some((date, length)) => {
                push(&mut tokens, text, at..at + length, Some(date), gap, quotes.inside());
                length
            }
            None => match word(rest) {
                0 => {
                    let c = rest.chars().next().unwrap_or_default();
                    let closes = |mark: char| rest.chars().skip(1).any(|other| other == mark);
                    quotes.see(c, closes);
                    gap = widened(gap, c);
                    at += c.len_utf8();
                    continue;
                }
                length => {
                    push(&mut tokens, text, at..at + length, None, gap, quotes.inside());
                    length
                }
            },
        };
        at += length;
        gap = Gap::None;
    }
    tokens
}

fn push(tokens: &mut Vec<Token>, text: &str, range: Range<usize>, date: Option<NumericDate>, gap: Gap, quoted: bool) {
    let written = text.get(range.clone()).unwrap_or_default();
    let word = words::plain(written);
    let accented = written.to_lowercase() != word;
    tokens.push(Token { word, accented, date, range, gap, quoted });
}

/// The word that stands for somebody who is mentioned.
pub(super) const MENTION: &str = "@";

/// The words of a text in which the mentions are one word each, and other marks none.
pub(super) fn with_mentions(text: &str, mentions: &[Range<usize>], others: &[Range<usize>]) -> Vec<Token> {
    let apart = |a: &Range<usize>, b: &Range<usize>| a.end <= b.start || b.end <= a.start;
    let mut tokens = tokens(text);
    tokens.retain(|token| mentions.iter().chain(others).all(|mark| apart(&token.range, mark)));
    let mention = |range: &Range<usize>| Token {
        word: MENTION.to_owned(),
        accented: false,
        date: None,
        range: range.clone(),
        gap: Gap::None,
        quoted: false,
    };
    tokens.extend(mentions.iter().map(mention));
    tokens.sort_by_key(|token| token.range.start);
    let mut end = 0;
    for token in &mut tokens {
        let between = text.get(end..token.range.start).unwrap_or_default();
        token.gap = between.chars().fold(Gap::None, widened);
        end = token.range.end;
    }
    tokens
}

fn widened(gap: Gap, c: char) -> Gap {
    match c {
        c if c.is_whitespace() => gap,
        ',' | '、' if gap == Gap::None => Gap::Comma,
        _ => Gap::Other,
    }
}

/// The length in bytes of the word at the beginning, 0 when there is none. Apostrophes and hyphens between letters
/// belong to it ("today's", "aujourd'hui", "segunda-feira"), and the full stop of an ordinal ("3. März").
fn word(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    let Some((_, first)) = chars.next().filter(|(_, c)| words::is_word(*c)) else { return 0 };
    if words::is_unspaced(first) {
        return first.len_utf8();
    }
    let mut end = first.len_utf8();
    let mut last = first;
    while let Some((at, c)) = chars.next() {
        if words::is_word(c) && !words::is_unspaced(c) {
            end = at + c.len_utf8();
        } else if matches!(c, '\'' | '’' | '-') && last.is_alphabetic() {
            if !chars.peek().is_some_and(|(_, next)| next.is_alphabetic() && !words::is_unspaced(*next)) {
                break;
            }
        } else {
            let digits = rest.get(..at).is_some_and(|word| word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit()));
            let mut after = chars.clone().map(|(_, c)| c);
            if c == '.' && digits && after.next() == Some(' ') && after.next().is_some_and(char::is_alphabetic) {
                end = at + 1;
            }
            break;
        }
        last = c;
    }
    end
}

/// `2026-03-01`, `2026/3/1`, `3.3.2026`, `03/04/2026` at the beginning, and its length. An address or a version is
/// none: a year has four figures, and nothing of the kind goes on behind it.
fn date_in_figures(rest: &str) -> Option<(NumericDate, usize)> {
    let (first, rest_1) = number(rest)?;
    let mark = rest_1.chars().next().filter(|c| matches!(c, '-' | '.' | '/'))?;
    let (second, rest_2) = number(rest_1.get(1..)?)?;
    let (third, tail) = number(rest_2.strip_prefix(mark)?)?;
    let mut after = tail.chars();
    let goes_on = match after.next() {
        Some(c) if words::is_word(c) && !words::is_unspaced(c) => true,
        Some('-' | '.' | '/') => after.next().is_some_and(words::is_word),
        _ => false,
    };
    if goes_on {
        return None;
    }
    let (year, month, day) = (first, second, third);
    let date = if year.len() == 4 && month.len() <= 2 && day.len() <= 2 && mark != '.' {
        NumericDate::Certain(Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?)
    } else if third.len() == 4 && first.len() <= 2 && second.len() <= 2 {
        let (a, b, year): (i8, i8, i16) = (first.parse().ok()?, second.parse().ok()?, third.parse().ok()?);
        match mark {
            '/' => NumericDate::Slashed(a, b, year),
            _ => NumericDate::Certain(Date::new(year, b, a).ok()?),
        }
    } else {
        return None;
    };
    Some((date, rest.len() - tail.len()))
}

/// The figures at the beginning, and what follows.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(figures, _)| !figures.is_empty() && figures.len() <= 4)
}

/// Whether we are inside a quotation.
#[derive(Debug, Default)]
struct OpenQuotes(Option<char>);

impl OpenQuotes {
    fn inside(&self) -> bool {
        self.0.is_some()
    }

    fn see(&mut self, c: char, closes: impl Fn(char) -> bool) {
        if self.0 == Some(c) {
            self.0 = None;
            return;
        }
        let end = match c {
            '"' | '`' => c,
            '“' => '”',
            '„' => '“',
            '«' => '»',
            '「' => '」',
            _ => return,
        };
        if self.0.is_none() && closes(end) {
            self.0 = Some(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.word).collect()
    }

    #[test]
    fn words_are_folded_and_keep_what_belongs_to_them() {
        assert_eq!(cut("Seit März: TODAY'S build?"), ["seit", "marz", "today's", "build"]);
        assert_eq!(cut("aujourd’hui à la segunda-feira"), ["aujourd'hui", "a", "la", "segunda-feira"]);
        assert_eq!(cut("am 3. März, v2"), ["am", "3.", "marz", "v2"]);
        assert_eq!(cut("3月に昨日"), ["3", "月", "に", "昨", "日"]);
        assert_eq!(cut("it is 3. - x"), ["it", "is", "3", "x"]);
    }

    #[test]
    fn dates_in_figures_are_told_from_addresses_and_versions() {
        let dates = |text: &str| tokens(text).into_iter().filter_map(|token| token.date).collect::<Vec<_>>();
        let date = |y, m, d| NumericDate::Certain(jiff::civil::date(y, m, d));
        assert_eq!(
            dates("on 2026-03-01, 3.3.2026 and 2026/4/5"),
            [date(2026, 3, 1), date(2026, 3, 3), date(2026, 4, 5)]
        );
        assert_eq!(dates("on 03/04/2026."), [NumericDate::Slashed(3, 4, 2026)]);
        for none in ["10.0.0.1", "1.2.3", "v2026-03-01", "2026-13-01", "2026-03-01-rc1", "1.2.2026.4", "2026-03-01T10"]
        {
            assert_eq!(dates(none), [], "{none}");
        }
    }

    #[test]
    fn what_is_quoted_is_known_and_a_lone_mark_quotes_nothing() {
        let quoted = |text: &str| tokens(text).into_iter().filter(|t| t.quoted).map(|t| t.word).collect::<Vec<_>>();
        assert_eq!(quoted("what does `last week` do in „der Woche“ now"), ["last", "week", "der", "woche"]);
        assert_eq!(quoted("a 5\" disk since monday"), [] as [&str; 0]);
    }
}
