//! Since when, as people write it: a date, how long ago, or a time in the words of English or of the asker's language.
//! Days begin where the operator says, since Discord does not tell anybody's time zone. Pure.

use jiff::{Span, Timestamp, Zoned, civil::Date, tz::TimeZone};
use rtfm_shared::language::{
    Language,
    calendar::Calendar,
    own_and_english,
    pattern::{Element, PatternMatcher, Slot},
    time::start,
    token::{Token, tokens},
};

const EXAMPLES: &str = "Try for example `2026-03-01`, `yesterday`, `last monday`, `7d` or `2 weeks`.";

/// Why a text is no instant in the past. Permanent: the person must write another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SinceError {
    #[error("I do not understand “{0}” as a date. {EXAMPLES}")]
    NotADate(String),
    #[error("“{0}” is in the future. {EXAMPLES}")]
    Future(String),
}

/// The instant that a text means, seen from `now` and where that is.
pub(crate) fn since(text: &str, now: &Zoned, locale: &str) -> Result<Timestamp, SinceError> {
    let shown: String = text.trim().chars().filter(|c| !c.is_control() && *c != '`').take(40).collect();
    let found = read(text, now, locale).ok_or_else(|| SinceError::NotADate(shown.clone()))?;
    if found > now.timestamp() { Err(SinceError::Future(shown)) } else { Ok(found) }
}

fn read(text: &str, now: &Zoned, locale: &str) -> Option<Timestamp> {
    let text = text.trim().to_lowercase();
    let (zone, words) = (now.time_zone(), tokens(&text));
    let languages = own_and_english(locale);
    // Weeks begin on Monday here, in every locale.
    let calendar = Calendar::new(now.timestamp(), zone, "");
    let midnight = |date: Date| date.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
    let day = || numbers(&text).or_else(|| date(&words, now.date(), &languages)).and_then(midnight);
    discord(&text)
        .or_else(|| exact(&text, zone))
        .or_else(day)
        .or_else(|| start(&words, &languages, &calendar))
        .or_else(|| weekday(&text, &languages, &calendar))
        .or_else(|| ago(&text, now))
}

/// `<t:1700000000:R>`, as people copy it.
fn discord(text: &str) -> Option<Timestamp> {
    let inner = text.strip_prefix("<t:")?.strip_suffix('>')?;
    let seconds = inner.split(':').next()?.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

/// With a time of day.
fn exact(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let upper = text.to_uppercase();
    upper.parse().ok().or_else(|| {
        let civil = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M", &upper);
        let civil = civil.or_else(|_| jiff::civil::DateTime::strptime("%Y-%m-%dT%H:%M", &upper));
        civil.ok()?.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
    })
}

/// `2026-03-01`, `2026/3/1`, `2026-03`, `2026`, `1.3.2026`. A day and a month with slashes and the year last could
/// be meant either way, and are not guessed.
fn numbers(text: &str) -> Option<Date> {
    let parts = |mark: char| text.split(mark).map(|part| part.parse::<i16>().ok()).collect::<Option<Vec<i16>>>();
    let small = |number: i16| i8::try_from(number).ok();
    let date = |year, month, day| (year >= 1970).then(|| Date::new(year, small(month)?, small(day)?).ok())?;
    for mark in ['-', '/'] {
        match parts(mark).as_deref() {
            Some([year, month, day]) => return date(*year, *month, *day),
            Some([year, month]) => return date(*year, *month, 1),
            _ => {}
        }
    }
    match parts('.')?.as_slice() {
        [day, month, year] => date(*year, *month, *day),
        [year] => date(*year, 1, 1),
        _ => None,
    }
}

/// `march`, `march 2026`, `1 march`, `march 1, 2026`; without a year the latest such day.
fn date(words: &[Token], today: Date, languages: &[&'static Language]) -> Option<Date> {
    const PARTS: [[Element; 1]; 3] = [[Element::Month(true)], [Element::DayOfMonth], [Element::Year]];
    let (mut month, mut day, mut year) = (None, None, None);
    let mut at = 0;
    while let Some(token) = words.get(at) {
        if ["of", "de"].contains(&token.word.as_str()) {
            at += 1;
            continue;
        }
        let part = |language: &&'static Language| {
            let matcher = PatternMatcher { tokens: words, language, time_at: &|_| Vec::<(usize, ())>::new() };
            PARTS.iter().find_map(|part| matcher.at(at, part))
        };
        let (end, slots) = languages.iter().find_map(part)?;
        match slots.as_slice() {
            [Slot::Month(number)] if month.is_none() => month = Some(*number),
            [Slot::Day(number)] if day.is_none() => day = Some(*number),
            [Slot::Year(number @ 1970..)] if year.is_none() => year = Some(*number),
            _ => return None,
        }
        at = end;
    }
    let (month, day) = (month?, day.unwrap_or(1));
    let this_year = Date::new(year.unwrap_or(today.year()), month, day).ok()?;
    let later = year.is_none() && this_year > today;
    if later { Date::new(today.year() - 1, month, day).ok() } else { Some(this_year) }
}

/// A weekday in short, or after a word of English: `fri`, `last fri`, `last montag`.
fn weekday(text: &str, languages: &[&'static Language], calendar: &Calendar) -> Option<Timestamp> {
    let name = text.strip_prefix("last ").or_else(|| text.strip_prefix("on ")).unwrap_or(text);
    // English is the last language.
    let mut english = languages.last()?.weekdays.iter().flatten().flatten();
    let name = english.find(|day| day.get(..3) == Some(name)).map_or(name, String::as_str);
    start(&tokens(name), languages, calendar)
}

/// `7d`, `2 weeks ago`, `an hour`, `1h 30m`.
fn ago(text: &str, now: &Zoned) -> Option<Timestamp> {
    let text = text.strip_suffix("ago").unwrap_or(text).trim();
    let text = text.strip_prefix("last ").or_else(|| text.strip_prefix("past ")).unwrap_or(text);
    let mut spans = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = match rest.split_at_checked(digits)? {
            ("", words) => (1, words.strip_prefix("an ").or_else(|| words.strip_prefix("a ")).unwrap_or(words)),
            (digits, after) => (digits.parse::<i64>().ok()?, after),
        };
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        // "week" is one of them, "w" is nothing.
        spans.push(span(number, unit).filter(|_| digits > 0 || unit.len() > 2)?);
        rest = after.trim_start_matches([' ', ',']).trim_start();
    }
    let then = spans.iter().try_fold(now.clone(), |then, span| then.checked_sub(*span).ok())?;
    (!spans.is_empty()).then(|| then.timestamp())
}

fn span(number: i64, unit: &str) -> Option<Span> {
    let span = Span::new();
    match unit {
        "m" | "min" | "mins" | "minute" | "minutes" => span.try_minutes(number),
        "h" | "hr" | "hrs" | "hour" | "hours" => span.try_hours(number),
        "d" | "day" | "days" => span.try_days(number),
        "w" | "wk" | "wks" | "week" | "weeks" => span.try_weeks(number),
        "mo" | "month" | "months" => span.try_months(number),
        "y" | "yr" | "yrs" | "year" | "years" => span.try_years(number),
        _ => return None,
    }
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Saturday.
    const NOW: &str = "2026-11-21T17:45:10Z";

    fn at(text: &str) -> Result<String, SinceError> {
        seen_from("UTC", "en-US", text)
    }

    fn seen_from(zone: &str, locale: &str, text: &str) -> Result<String, SinceError> {
        let now = NOW.parse::<Timestamp>().unwrap().in_tz(zone).unwrap();
        since(text, &now, locale).map(|found| found.to_string())
    }

    #[test]
    fn days_begin_where_the_operator_says() {
        for (text, means) in [
            ("2026-03-01", "2026-02-28T23:00:00Z"),
            ("july", "2026-06-30T22:00:00Z"),
            ("2026-07-01 14:30", "2026-07-01T12:30:00Z"),
            ("2026-03-01T14:30:00+09:00", "2026-03-01T05:30:00Z"),
            ("monday", "2026-11-15T23:00:00Z"),
            ("7d", "2026-11-14T17:45:10Z"),
        ] {
            assert_eq!(seen_from("Europe/Berlin", "en-US", text).as_deref(), Ok(means), "{text:?}");
        }
        assert_eq!(seen_from("Asia/Tokyo", "ja", "today").unwrap(), "2026-11-21T15:00:00Z", "it is Sunday there");
    }

    #[test]
    fn months_and_weekdays_have_the_names_of_the_askers_language_too() {
        for (locale, text, means) in [
            ("de", "Montag", "2026-11-16"),
            ("de", "1. März 2026", "2026-03-01"),
            ("de", "last monday", "2026-11-16"),
            ("fr", "1er mars", "2026-03-01"),
            ("es-ES", "3 de diciembre de 2025", "2025-12-03"),
            ("pt-BR", "segunda-feira", "2026-11-16"),
            ("pl", "3 marca", "2026-03-03"),
            ("ru", "пятница", "2026-11-20"),
            ("ja", "3月", "2026-03-01"),
            ("tr", "march", "2026-03-01"),
        ] {
            assert_eq!(seen_from("UTC", locale, text), Ok(format!("{means}T00:00:00Z")), "{text:?}");
        }
        assert!(seen_from("UTC", "fr", "montag").is_err(), "of no language that is the asker's");
    }

    #[test]
    fn phrases_are_those_of_the_askers_language_too() {
        for (locale, text, means) in [
            ("de", "gestern", "2026-11-20T00:00:00Z"),
            ("de", "letzte Woche", "2026-11-09T00:00:00Z"),
            ("de", "vor 3 Tagen", "2026-11-18T17:45:10Z"),
            ("de", "seit dem 3. März", "2026-03-03T00:00:00Z"),
            ("de", "last montag", "2026-11-16T00:00:00Z"),
            ("fr", "la semaine dernière", "2026-11-09T00:00:00Z"),
            ("ru", "2 часа назад", "2026-11-21T15:45:10Z"),
            ("ja", "先週", "2026-11-09T00:00:00Z"),
            ("ja", "last week", "2026-11-09T00:00:00Z"),
            ("en-US", "since last Monday", "2026-11-16T00:00:00Z"),
            ("en-US", "two days ago", "2026-11-19T17:45:10Z"),
        ] {
            assert_eq!(seen_from("UTC", locale, text).as_deref(), Ok(means), "{text:?}");
        }
        for text in ["gestern", "before monday", "last week and more", "on 03/01/2026"] {
            assert!(at(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn dates_as_people_write_them() {
        for (text, means) in [
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            (" 2026/3/1 ", "2026-03-01T00:00:00Z"),
            ("1.3.2026", "2026-03-01T00:00:00Z"),
            ("2026-03", "2026-03-01T00:00:00Z"),
            ("2025", "2025-01-01T00:00:00Z"),
            ("March 2026", "2026-03-01T00:00:00Z"),
            ("1 march", "2026-03-01T00:00:00Z"),
            ("Mar 1st, 2026", "2026-03-01T00:00:00Z"),
            ("december", "2025-12-01T00:00:00Z"),
            ("3rd of december", "2025-12-03T00:00:00Z"),
            ("2026-03-01 14:30", "2026-03-01T14:30:00Z"),
            ("2026-03-01T14:30:00+01:00", "2026-03-01T13:30:00Z"),
            ("<t:1772323200:R>", "2026-03-01T00:00:00Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(means), "{text:?}");
        }
    }

    #[test]
    fn days_by_their_names() {
        for (text, means) in [
            ("today", "2026-11-21"),
            ("Yesterday", "2026-11-20"),
            ("last monday", "2026-11-16"),
            ("monday", "2026-11-16"),
            ("last saturday", "2026-11-14"),
            ("fri", "2026-11-20"),
            ("this week", "2026-11-16"),
            ("last week", "2026-11-09"),
            ("this month", "2026-11-01"),
            ("last month", "2026-10-01"),
            ("last year", "2025-01-01"),
        ] {
            assert_eq!(at(text), Ok(format!("{means}T00:00:00Z")), "{text:?}");
        }
    }

    #[test]
    fn how_long_ago() {
        for (text, means) in [
            ("7d", "2026-11-14T17:45:10Z"),
            ("2 weeks", "2026-11-07T17:45:10Z"),
            ("2 weeks ago", "2026-11-07T17:45:10Z"),
            ("an hour ago", "2026-11-21T16:45:10Z"),
            ("a week", "2026-11-14T17:45:10Z"),
            ("1h 30m", "2026-11-21T16:15:10Z"),
            ("1h30m", "2026-11-21T16:15:10Z"),
            ("last 3 days", "2026-11-18T17:45:10Z"),
            ("6mo", "2026-05-21T17:45:10Z"),
            ("1 year", "2025-11-21T17:45:10Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(means), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_told_with_examples() {
        for text in [
            "",
            "soon",
            "d",
            "7",
            "03/01/2026",
            "2026-13-01",
            "2026-02-30",
            "32 march",
            "march march",
            "7 parsecs",
            "-3 days",
            "99999999999999999999 days",
            "999999999 years",
            "ago",
            "monday 3",
            "1969",
            "<t:x:R>",
            "🦀",
        ] {
            let error = at(text).unwrap_err().to_string();
            assert!(error.contains("I do not understand") && error.contains("last monday"), "{text:?}: {error}");
        }
        for text in ["2027-01-01", "2030", "march 2027"] {
            assert!(at(text).unwrap_err().to_string().contains("in the future"), "{text:?}");
        }
        assert!(at(&"x`@everyone\n".repeat(100)).unwrap_err().to_string().chars().count() < 200);
    }
}
