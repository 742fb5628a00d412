//! The names of months and weekdays in the languages in which questions are understood. One file a language holds a
//! line for each kind of name; alternatives are split by `|`, and lines that begin with `#` are notes.

use std::sync::LazyLock;

/// A language's names, in lower case. Alternatives are split by `|`.
#[derive(Debug)]
pub struct CalendarNames {
    /// The language's ISO 639 code, with which its locales begin.
    pub code: &'static str,
    /// From January to December, in this order.
    pub months: [&'static str; 12],
    /// Abbreviations used beside a day; all empty in a language that has none.
    pub short_months: [&'static str; 12],
    /// From Monday to Sunday, in this order.
    pub weekdays: [&'static str; 7],
}

/// The names in the language of a locale (`de`, `en-US`); `None` for a language without a file.
pub fn names(locale: &str) -> Option<&'static CalendarNames> {
    let code = locale.split(['-', '_']).next()?;
    NAMES.iter().find(|names| names.code.eq_ignore_ascii_case(code))
}

static NAMES: LazyLock<[CalendarNames; 10]> = LazyLock::new(|| {
    [
        parse("en", include_str!("en.txt")),
        parse("de", include_str!("de.txt")),
        parse("fr", include_str!("fr.txt")),
        parse("es", include_str!("es.txt")),
        parse("pt", include_str!("pt.txt")),
        parse("it", include_str!("it.txt")),
        parse("nl", include_str!("nl.txt")),
        parse("pl", include_str!("pl.txt")),
        parse("ru", include_str!("ru.txt")),
        parse("ja", include_str!("ja.txt")),
    ]
});

fn parse(code: &'static str, file: &'static str) -> CalendarNames {
    CalendarNames {
        code,
        months: line(file, "months"),
        short_months: line(file, "short_months"),
        weekdays: line(file, "weekdays"),
    }
}

/// The words of the line that begins with `kind`; a word that is not there is empty.
fn line<const N: usize>(file: &'static str, kind: &str) -> [&'static str; N] {
    let mut words = file.lines().find_map(|line| line.strip_prefix(kind)).unwrap_or("").split_whitespace();
    std::array::from_fn(|_| words.next().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, names};

    #[test]
    fn a_locale_has_the_names_of_its_language() {
        assert_eq!(names("en-US").unwrap().months[2], "march");
        assert_eq!(names("de").unwrap().weekdays[6], "sonntag");
        assert_eq!(names("PT_br").unwrap().short_months[1], "fev");
        assert!(names("tlh").is_none() && names("").is_none());
    }

    #[test]
    fn every_file_is_complete() {
        for names in NAMES.iter() {
            assert!(names.months.iter().chain(&names.weekdays).all(|name| !name.is_empty()), "{names:?}");
            let short = names.short_months.iter().filter(|name| !name.is_empty()).count();
            assert_eq!(short, if names.code == "ja" { 0 } else { 12 }, "{names:?}");
        }
    }
}
