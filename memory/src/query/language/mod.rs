//! The languages that the rules understand, one JSON file each.
//!
//! Rules are written once for all languages, so a new language is a new file and a line in `FILES`. Words are in lower
//! case; accents may be left out. `|` separates alternatives. Japanese writes no spaces, so each of its characters is a
//! token. The names of months and weekdays come from [`calendar`], which the bot shares.

use super::pattern::Element;
use rtfm_shared::calendar;
use serde::{Deserialize, Deserializer, de::Error};
use std::{collections::BTreeMap, sync::LazyLock};

/// Alternatives, each as the words of its tokens.
pub(super) type Alternatives = Vec<Vec<String>>;

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// The period that a phrase means, given the values of its slots.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Meaning {
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
pub(super) enum Clarity {
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
pub(super) struct Phrase {
    #[serde(deserialize_with = "pattern")]
    pub(super) pattern: Vec<Element>,
    pub(super) clarity: Clarity,
    pub(super) meaning: Meaning,
}

/// The words and phrases of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Language {
    /// The code that its locales begin with.
    pub(super) code: String,
    /// The names of January to December.
    #[serde(skip)]
    pub(super) months: Vec<Alternatives>,
    /// Abbreviated months; patterns accept them only next to a day.
    #[serde(skip)]
    pub(super) short_months: Vec<Alternatives>,
    /// The names of Monday to Sunday.
    #[serde(skip)]
    pub(super) weekdays: Vec<Alternatives>,
    #[serde(deserialize_with = "units")]
    pub(super) units: BTreeMap<Unit, Alternatives>,
    /// The numerals from one up.
    #[serde(deserialize_with = "lists")]
    pub(super) numbers: Vec<Alternatives>,
    pub(super) phrases: Vec<Phrase>,
    /// Dates that contain words, made of `{d}`, `{month}`, `{month|short}` and `{year}`.
    #[serde(deserialize_with = "patterns")]
    pub(super) dates: Vec<Vec<Element>>,
    /// Words that give the phrase before them another meaning ("the last week *of* the project").
    #[serde(deserialize_with = "words")]
    pub(super) not_followed_by: Alternatives,
    /// Words of questions about past events and messages.
    #[serde(deserialize_with = "words")]
    pub(super) past: Alternatives,
    /// Words of questions about the future.
    #[serde(deserialize_with = "words")]
    pub(super) future: Alternatives,
    /// Words of questions about messages themselves; their authors and times filter the search.
    #[serde(deserialize_with = "words")]
    pub(super) speech: Alternatives,
    /// Patterns that name an author: `{name}`, and `…` for any words between.
    #[serde(deserialize_with = "patterns")]
    pub(super) said_by: Vec<Vec<Element>>,
    /// Patterns by which askers name themselves as the author.
    #[serde(deserialize_with = "patterns")]
    pub(super) said_by_asker: Vec<Vec<Element>>,
    /// Words in the position of a name that are no names.
    #[serde(deserialize_with = "words")]
    pub(super) not_names: Alternatives,
    /// Prepositions before a channel to search in.
    #[serde(deserialize_with = "words")]
    pub(super) place_prepositions: Alternatives,
    /// Prepositions before a channel or person that the question is about.
    #[serde(deserialize_with = "words")]
    pub(super) topic_prepositions: Alternatives,
    /// The first words of follow-up questions.
    #[serde(deserialize_with = "patterns")]
    pub(super) openers: Vec<Vec<Element>>,
    /// Pronouns and other words that refer to an earlier message.
    #[serde(deserialize_with = "words")]
    pub(super) references: Alternatives,
    /// Words that most questions contain and that carry no topic.
    #[serde(deserialize_with = "words")]
    pub(super) stop_words: Alternatives,
}

impl Language {
    fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let mut language: Self = serde_json::from_str(text)?;
        let each = |lists: &[&str]| lists.iter().map(|list| alternatives(list)).collect();
        if let Some(names) = calendar::names(&language.code) {
            language.months = each(&names.months);
            language.short_months = each(&names.short_months);
            language.weekdays = each(&names.weekdays);
        }
        Ok(language)
    }
}

/// Splits alternatives at `|` and each of them into the words of its tokens.
pub(super) fn alternatives(list: &str) -> Alternatives {
    let words = |one: &str| super::token::tokens(one).into_iter().map(|token| token.word).collect::<Vec<_>>();
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
        Language::from_json(text)
            .inspect_err(|error| tracing::error!(%error, language = code, "failed to read a language, leaving it out"))
            .ok()
    };
    FILES.iter().filter_map(read).collect()
});

/// All languages, the locale's own first, since people write in several.
pub(super) fn languages(locale: &str) -> Vec<&'static Language> {
    let code = locale.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    let (own, others): (Vec<_>, Vec<_>) = LANGUAGES.iter().partition(|language| language.code == code);
    own.into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_file_is_complete() {
        for (code, text) in FILES {
            let language = Language::from_json(text).unwrap_or_else(|error| panic!("{code}.json: {error}"));
            assert_eq!(language.code, code);
            let sizes = [language.units.len(), language.months.len(), language.weekdays.len()];
            assert_eq!(sizes, [5, 12, 7], "{code}");
        }
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
            assert!(Language::from_json(&text).is_err());
        }
    }
}
