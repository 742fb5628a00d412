//! What the rules know of languages: words and phrases as data, one file a language. A rule is never written for one
//! language; whoever adds a language adds a file.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod ja;
mod nl;
mod pl;
mod pt;
mod ru;

use super::pattern::Element;
use rtfm_shared::calendar;
use std::sync::LazyLock;

/// A stretch of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// What a phrase about time means, with what stands in its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The day so many days from today.
    Day(i64),
    /// The unit of the calendar before this one.
    Last(Unit),
    /// This unit of the calendar.
    This(Unit),
    /// The last `{n}` (or one) `{unit}`s up to now.
    Back,
    /// The day, week, … `{n}` (or one) `{unit}`s ago.
    Ago,
    /// The `{weekday}` or `{month}` that is over.
    Over,
    /// At `{when}`.
    At,
    /// From `{when}` on.
    Since,
    /// After `{when}`.
    After,
    /// Before `{when}`.
    Before,
    /// Until `{when}`, included.
    Until,
    /// From one `{when}` to another.
    Between,
}

/// How clearly a phrase is about when something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clarity {
    /// It is about the past by itself.
    Sure,
    /// It is unless the question is about what is to come.
    Likely,
    /// It is if the question is about what was said or happened.
    Weak,
}

use Clarity::{Likely, Sure, Weak};
use Meaning::{After, Ago, At, Back, Before, Between, Day, Last, Over, Since, This, Until};

type Phrase = (&'static str, Clarity, Meaning);

/// A language's words, in lower case; accents may stand or not. Alternatives are split by `|`. The names of its months
/// and weekdays are those of [`calendar`].
pub(super) struct LanguageData {
    /// Its code, as a locale begins.
    code: &'static str,
    /// Hour, day, week, month, year.
    units: [&'static str; 5],
    /// One, two, …
    numbers: &'static [&'static str],
    /// Phrases about time. Slots: `{n}`, `{unit}`, `{month}`, `{weekday}`, `{when}`; a word with `?` may be missing.
    phrases: &'static [Phrase],
    /// How dates with words are written; `{d}`, `{month}`, `{short}`, `{year}`.
    dates: &'static [&'static str],
    /// Words after which a phrase meant something else ("the last week *of* the project").
    goes_on: &'static str,
    /// Words of questions about what was said or happened.
    past: &'static str,
    /// Words of questions about what is to come.
    future: &'static str,
    /// Words of questions about what was said itself, so that who said it and when are part of what is asked.
    spoken: &'static str,
    /// Ways to name who said something; `{name}`, and `…` for anything in between.
    said_by: &'static [&'static str],
    /// Ways in which askers name themselves as those who said something.
    i_said: &'static [&'static str],
    /// Words that stand where a name may and are none.
    no_names: &'static str,
    /// Words before a channel in which something was said.
    inside: &'static str,
    /// Words before a channel that something is about.
    about: &'static str,
    /// Beginnings of questions that go on from what was said before.
    openers: &'static [&'static str],
    /// Words that stand for what was said before.
    references: &'static str,
    /// Words that most questions have and that say nothing about what is asked.
    fillers: &'static str,
}

/// A language, ready to be matched.
pub(super) struct Language {
    pub(super) code: &'static str,
    pub(super) months: Vec<Vec<Vec<String>>>,
    pub(super) short_months: Vec<Vec<Vec<String>>>,
    pub(super) weekdays: Vec<Vec<Vec<String>>>,
    pub(super) units: Vec<(Unit, Vec<Vec<String>>)>,
    pub(super) numbers: Vec<Vec<Vec<String>>>,
    pub(super) phrases: Vec<(Vec<Element>, Clarity, Meaning)>,
    pub(super) dates: Vec<Vec<Element>>,
    pub(super) goes_on: Vec<Vec<String>>,
    pub(super) past: Vec<Vec<String>>,
    pub(super) future: Vec<Vec<String>>,
    pub(super) spoken: Vec<Vec<String>>,
    pub(super) said_by: Vec<Vec<Element>>,
    pub(super) i_said: Vec<Vec<Element>>,
    pub(super) no_names: Vec<Vec<String>>,
    pub(super) inside: Vec<Vec<String>>,
    pub(super) about: Vec<Vec<String>>,
    pub(super) openers: Vec<Vec<Element>>,
    pub(super) references: Vec<Vec<String>>,
    pub(super) fillers: Vec<Vec<String>>,
}

impl Language {
    fn of(words: &LanguageData) -> Self {
        let names = calendar::names(words.code);
        let of_names = |of: fn(&calendar::CalendarNames) -> &[&str]| names.map_or(&[][..], of);
        let each = |lists: &[&str]| lists.iter().map(|list| alternatives(list)).collect::<Vec<_>>();
        let patterns = |texts: &[&str]| texts.iter().map(|text| Element::pattern(text)).collect::<Vec<_>>();
        let units = [Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Year];
        Self {
            code: words.code,
            months: each(of_names(|names| &names.months)),
            short_months: each(of_names(|names| &names.short_months)),
            weekdays: each(of_names(|names| &names.weekdays)),
            units: units.into_iter().zip(each(&words.units)).collect(),
            numbers: each(words.numbers),
            phrases: words.phrases.iter().map(|(text, clarity, m)| (Element::pattern(text), *clarity, *m)).collect(),
            dates: patterns(words.dates),
            goes_on: alternatives(words.goes_on),
            past: alternatives(words.past),
            future: alternatives(words.future),
            spoken: alternatives(words.spoken),
            said_by: patterns(words.said_by),
            i_said: patterns(words.i_said),
            no_names: alternatives(words.no_names),
            inside: alternatives(words.inside),
            about: alternatives(words.about),
            openers: patterns(words.openers),
            references: alternatives(words.references),
            fillers: alternatives(words.fillers),
        }
    }
}

/// Alternatives, each as the words that a text with it is cut into.
pub(super) fn alternatives(list: &str) -> Vec<Vec<String>> {
    let words = |one: &str| super::token::tokens(one).into_iter().map(|token| token.word).collect::<Vec<_>>();
    list.split('|').map(words).filter(|words| !words.is_empty()).collect()
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    [
        &en::WORDS,
        &de::WORDS,
        &fr::WORDS,
        &es::WORDS,
        &pt::WORDS,
        &it::WORDS,
        &nl::WORDS,
        &pl::WORDS,
        &ru::WORDS,
        &ja::WORDS,
    ]
    .into_iter()
    .map(Language::of)
    .collect()
});

/// Every language, that of the locale first: people write in more than one.
pub(super) fn languages(locale: &str) -> Vec<&'static Language> {
    let code = locale.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    let (own, others): (Vec<_>, Vec<_>) = LANGUAGES.iter().partition(|language| language.code == code);
    own.into_iter().chain(others).collect()
}
