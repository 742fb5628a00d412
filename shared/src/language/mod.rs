//! The languages that the rules understand, one JSON file each, and the grammar of times in words.
//!
//! Rules are written once for all languages, so a new language is a new file and a line in `FILES`. Words are in lower
//! case; accents may be left out. `|` separates alternatives. Japanese writes no spaces, so each of its characters is a
//! token. Weekdays have no short names: in Portuguese those are ordinals as well ("na segunda tentativa").

pub mod calendar;
pub mod letters;
pub mod pattern;
pub mod time;
pub mod token;

use pattern::Element;
use serde::{Deserialize, Deserializer, de::Error};
use std::{collections::BTreeMap, sync::LazyLock};

/// Alternatives, each as the words of its tokens.
pub type Alternatives = Vec<Vec<String>>;

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// The period that a phrase means, given the values of its slots.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Meaning {
    /// The day at this offset from today.
    Day(i64),
    /// The calendar unit before the current one.
    Previous(Unit),
    /// The current calendar unit.
    Current(Unit),
    /// The last `{n}` (default one) `{unit}`s up to now.
    Rolling,
    /// The day, week, … `{n}` (default one) `{unit}`s ago.
    Ago,
    /// The last `{weekday}` or `{month}` that is over.
    MostRecent,
    /// The whole of `{when}`.
    During,
    /// From the start of `{when}`.
    Since,
    /// From the end of `{when}`.
    After,
    /// Up to the start of `{when}`.
    Before,
    /// Up to the end of `{when}`.
    Until,
    /// From one `{when}` to another.
    Between,
}

/// How clearly a phrase says when a message was written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Clarity {
    /// Always about the past.
    Certain,
    /// About the past unless the question asks about the future.
    Likely,
    /// About the past only if the question asks about past events or messages.
    Weak,
}

/// A phrase about time. Slots: `{n}`, `{unit}`, `{month}`, `{weekday}`, `{when}`; a word with `?` is optional.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrase {
    #[serde(deserialize_with = "pattern")]
    pattern: Vec<Element>,
    clarity: Clarity,
    meaning: Meaning,
}

/// The words and phrases of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// The code that its locales begin with.
    code: String,
    /// The names of January to December.
    #[serde(deserialize_with = "lists")]
    months: Vec<Alternatives>,
    /// Abbreviated months, where the language has them; patterns accept them only next to a day.
    #[serde(deserialize_with = "lists")]
    short_months: Vec<Alternatives>,
    /// The names of Monday to Sunday.
    #[serde(deserialize_with = "lists")]
    pub weekdays: Vec<Alternatives>,
    #[serde(deserialize_with = "units")]
    units: BTreeMap<Unit, Alternatives>,
    /// The numerals from one up.
    #[serde(deserialize_with = "lists")]
    numbers: Vec<Alternatives>,
    phrases: Vec<Phrase>,
    /// Dates that contain words, made of `{d}`, `{month}`, `{month|short}` and `{year}`.
    #[serde(deserialize_with = "patterns")]
    dates: Vec<Vec<Element>>,
    /// Words that give the phrase before them another meaning ("the last week *of* the project").
    #[serde(deserialize_with = "words")]
    not_followed_by: Alternatives,
    /// Words of questions about past events and messages.
    #[serde(deserialize_with = "words")]
    past: Alternatives,
    /// Words of questions about the future.
    #[serde(deserialize_with = "words")]
    future: Alternatives,
    /// Words of questions about messages themselves; their authors and times filter the search.
    #[serde(deserialize_with = "words")]
    pub speech: Alternatives,
    /// Patterns that name an author: `{name}`, and `…` for any words between.
    #[serde(deserialize_with = "patterns")]
    pub said_by: Vec<Vec<Element>>,
    /// Patterns by which askers name themselves as the author.
    #[serde(deserialize_with = "patterns")]
    pub said_by_asker: Vec<Vec<Element>>,
    /// Words in the position of a name that are no names.
    #[serde(deserialize_with = "words")]
    pub not_names: Alternatives,
    /// Prepositions before a channel to search in.
    #[serde(deserialize_with = "words")]
    pub place_prepositions: Alternatives,
    /// Prepositions before a channel or person that the question is about.
    #[serde(deserialize_with = "words")]
    pub topic_prepositions: Alternatives,
    /// The first words of follow-up questions.
    #[serde(deserialize_with = "patterns")]
    pub openers: Vec<Vec<Element>>,
    /// Pronouns and other words that refer to an earlier message.
    #[serde(deserialize_with = "words")]
    pub references: Alternatives,
    /// Words that most questions contain and that carry no topic.
    #[serde(deserialize_with = "words")]
    pub stop_words: Alternatives,
}

/// Splits alternatives at `|` and each of them into the words of its tokens.
fn alternatives(list: &str) -> Alternatives {
    let words = |one: &str| token::tokens(one).into_iter().map(|token| token.word).collect::<Vec<_>>();
    list.split('|').map(words).filter(|words| !words.is_empty()).collect()
}

fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Alternatives, D::Error> {
    Ok(lists(from)?.into_iter().flatten().collect())
}

fn lists<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Alternatives>, D::Error> {
    Ok(Vec::<String>::deserialize(from)?.iter().map(|list| alternatives(list)).collect())
}

fn units<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Unit, Alternatives>, D::Error> {
    let lists = BTreeMap::<Unit, String>::deserialize(from)?;
    Ok(lists.into_iter().map(|(unit, list)| (unit, alternatives(&list))).collect())
}

fn pattern<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Element>, D::Error> {
    Element::pattern(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn patterns<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<Element>>, D::Error> {
    let patterns = Vec::<String>::deserialize(from)?;
    patterns.iter().map(|text| Element::pattern(text).map_err(D::Error::custom)).collect()
}

/// English first: a locale without a file of its own tries it before the others.
const FILES: [(&str, &str); 10] = [
    ("en", include_str!("en.json")),
    ("de", include_str!("de.json")),
    ("fr", include_str!("fr.json")),
    ("es", include_str!("es.json")),
    ("pt", include_str!("pt.json")),
    ("it", include_str!("it.json")),
    ("nl", include_str!("nl.json")),
    ("pl", include_str!("pl.json")),
    ("ru", include_str!("ru.json")),
    ("ja", include_str!("ja.json")),
];

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let read = |(code, text): &(&str, &str)| {
        serde_json::from_str::<Language>(text)
            .inspect_err(|error| tracing::error!(%error, language = code, "failed to read a language, leaving it out"))
            .ok()
    };
    FILES.iter().filter_map(read).collect()
});

/// All languages, the locale's own first, since people write in several.
pub fn languages(locale: &str) -> Vec<&'static Language> {
    let (own, others): (Vec<_>, Vec<_>) = LANGUAGES.iter().partition(|language| language.is_of(locale));
    own.into_iter().chain(others).collect()
}

/// The language of a locale (`de`, `en-US`), and English.
pub fn own_and_english(locale: &str) -> Vec<&'static Language> {
    languages(locale).into_iter().filter(|language| language.is_of(locale) || language.is_of("en")).collect()
}

impl Language {
    fn is_of(&self, locale: &str) -> bool {
        locale.split(['-', '_']).next().is_some_and(|code| self.code.eq_ignore_ascii_case(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_file_is_complete() {
        for (code, text) in FILES {
            let language =
                serde_json::from_str::<Language>(text).unwrap_or_else(|error| panic!("{code}.json: {error}"));
            assert_eq!(language.code, code);
            let sizes = [language.units.len(), language.months.len(), language.weekdays.len()];
            assert_eq!(sizes, [5, 12, 7], "{code}");
            assert!(language.months.iter().chain(&language.weekdays).all(|names| !names.is_empty()), "{code}");
            assert_eq!(language.short_months.len(), if code == "ja" { 0 } else { 12 }, "{code}");
            assert!(language.short_months.iter().all(|names| !names.is_empty()), "{code}");
        }
    }

    #[test]
    fn a_locale_has_the_names_of_its_language() {
        let codes = |locale: &str| own_and_english(locale).iter().map(|one| one.code.as_str()).collect::<Vec<_>>();
        assert_eq!(languages("en-US")[0].months[2], [["march"]]);
        assert_eq!(languages("de")[0].weekdays[6], [["sonntag"]]);
        assert_eq!(languages("PT_br")[0].short_months[1], [["fev"]]);
        assert_eq!(codes("de"), ["de", "en"]);
        assert_eq!([codes("en-US"), codes("tlh"), codes("")], [["en"], ["en"], ["en"]]);
    }

    #[test]
    fn a_malformed_language_is_an_error() {
        let (_, english) = FILES[0];
        let broken = |from: &str, to: &str| english.replace(from, to);
        for text in [
            "{}".to_owned(),
            broken("\"past\"", "\"passed\""),
            broken("\"likely\"", "\"maybe\""),
            broken("{weekday}", "{workday}"),
        ] {
            assert!(serde_json::from_str::<Language>(&text).is_err());
        }
    }
}
