//! The tokens of a text: words in lower case without accents, single characters of scripts without spaces, and
//! numeric dates.

use super::letters;
use jiff::civil::Date;
use std::ops::Range;

/// The separator between a token and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// White space, or nothing.
    None,
    /// A comma and no other punctuation; a date may contain one.
    Comma,
    /// Other punctuation; no phrase spans it.
    Other,
}

/// A token of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// The word in lower case, without accents.
    pub word: String,
    /// Whether the question writes it with accents, which distinguish short words ("ou" and "où").
    pub accented: bool,
    /// Its date, if it is numeric.
    pub(super) date: Option<NumericDate>,
    /// Its byte range in the text.
    pub range: Range<usize>,
    pub separator: Separator,
    /// Whether it is inside a quotation or code, which no rule reads.
    pub quoted: bool,
}

/// A date in digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumericDate {
    /// A date in an unambiguous order.
    Certain(Date),
    /// Two numbers and a year; the locale decides which of them is the month.
    Slashed(i8, i8, i16),
}

/// The tokens of a text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut quotes = OpenQuotes::default();
    let (mut at, mut separator) = (0, Separator::None);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match numeric_date(rest) {
            Some((date, length)) => {
                push(&mut tokens, text, at..at + length, Some(date), separator, quotes.is_open());
                length
            }
            None => match word(rest) {
                0 => {
                    let c = rest.chars().next().unwrap_or_default();
                    // An unclosed quotation mark quotes nothing.
                    let closes = |mark: char| rest.chars().skip(1).any(|other| other == mark);
                    quotes.see(c, closes);
                    separator = widened(separator, c);
                    at += c.len_utf8();
                    continue;
                }
                length => {
                    push(&mut tokens, text, at..at + length, None, separator, quotes.is_open());
                    length
                }
            },
        };
        at += length;
        separator = Separator::None;
    }
    tokens
}

fn push(
    tokens: &mut Vec<Token>,
    text: &str,
    range: Range<usize>,
    date: Option<NumericDate>,
    separator: Separator,
    quoted: bool,
) {
    let original = text.get(range.clone()).unwrap_or_default();
    let word = letters::plain(original);
    let accented = original.to_lowercase() != word;
    tokens.push(Token { word, accented, date, range, separator, quoted });
}

/// The word of a mention's token.
pub const MENTION: &str = "@";

/// The tokens of a text with one token per mention and none for other markup.
pub fn with_mentions(text: &str, mentions: &[Range<usize>], others: &[Range<usize>]) -> Vec<Token> {
    let apart = |a: &Range<usize>, b: &Range<usize>| a.end <= b.start || b.end <= a.start;
    let mut tokens = tokens(text);
    tokens.retain(|token| mentions.iter().chain(others).all(|markup| apart(&token.range, markup)));
    let mention = |range: &Range<usize>| Token {
        word: MENTION.to_owned(),
        accented: false,
        date: None,
        range: range.clone(),
        separator: Separator::None,
        quoted: false,
    };
    tokens.extend(mentions.iter().map(mention));
    tokens.sort_by_key(|token| token.range.start);
    let mut end = 0;
    for token in &mut tokens {
        let between = text.get(end..token.range.start).unwrap_or_default();
        token.separator = between.chars().fold(Separator::None, widened);
        end = token.range.end;
    }
    tokens
}

fn widened(separator: Separator, c: char) -> Separator {
    match c {
        c if c.is_whitespace() => separator,
        ',' | '、' if separator == Separator::None => Separator::Comma,
        _ => Separator::Other,
    }
}

/// The byte length of the word at the start, or 0. It includes apostrophes and hyphens between letters ("today's",
/// "aujourd'hui", "segunda-feira") and the full stop of an ordinal ("3. März").
fn word(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    let Some((_, first)) = chars.next().filter(|(_, c)| letters::is_word(*c)) else { return 0 };
    if letters::is_unspaced(first) {
        return first.len_utf8();
    }
    let mut end = first.len_utf8();
    let mut last = first;
    while let Some((at, c)) = chars.next() {
        if letters::is_word(c) && !letters::is_unspaced(c) {
            end = at + c.len_utf8();
        } else if matches!(c, '\'' | '’' | '-') && last.is_alphabetic() {
            if !chars.peek().is_some_and(|(_, next)| next.is_alphabetic() && !letters::is_unspaced(*next)) {
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

/// The numeric date at the start and its length: `2026-03-01`, `2026/3/1`, `3.3.2026`, `03/04/2026`. A year of four
/// digits and a clear end exclude IP addresses and versions.
fn numeric_date(rest: &str) -> Option<(NumericDate, usize)> {
    let (first, rest_1) = number(rest)?;
    let mark = rest_1.chars().next().filter(|c| matches!(c, '-' | '.' | '/'))?;
    let (second, rest_2) = number(rest_1.get(1..)?)?;
    let (third, tail) = number(rest_2.strip_prefix(mark)?)?;
    let mut after = tail.chars();
    let is_longer = match after.next() {
        Some(c) if letters::is_word(c) && !letters::is_unspaced(c) => true,
        Some('-' | '.' | '/') => after.next().is_some_and(letters::is_word),
        _ => false,
    };
    if is_longer {
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

/// The digits at the start and the rest.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty() && digits.len() <= 4)
}

/// The closing mark of the current quotation, if any.
#[derive(Debug, Default)]
struct OpenQuotes(Option<char>);

impl OpenQuotes {
    fn is_open(&self) -> bool {
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
    fn words_are_folded_and_keep_apostrophes_hyphens_and_ordinals() {
        assert_eq!(cut("Seit März: TODAY'S build?"), ["seit", "marz", "today's", "build"]);
        assert_eq!(cut("aujourd’hui à la segunda-feira"), ["aujourd'hui", "a", "la", "segunda-feira"]);
        assert_eq!(cut("am 3. März, v2"), ["am", "3.", "marz", "v2"]);
        assert_eq!(cut("3月に昨日"), ["3", "月", "に", "昨", "日"]);
        assert_eq!(cut("it is 3. - x"), ["it", "is", "3", "x"]);
    }

    #[test]
    fn numeric_dates_are_distinguished_from_addresses_and_versions() {
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
    fn quoted_tokens_are_marked_and_a_lone_mark_quotes_nothing() {
        let quoted = |text: &str| tokens(text).into_iter().filter(|t| t.quoted).map(|t| t.word).collect::<Vec<_>>();
        assert_eq!(quoted("what does `last week` do in „der Woche“ now"), ["last", "week", "der", "woche"]);
        assert_eq!(quoted("a 5\" disk since monday"), [] as [&str; 0]);
    }
}
