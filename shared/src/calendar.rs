//! The names of months and weekdays in the languages that questions are understood in: one list for whoever reads a
//! time as people write it.

/// A language's names, in lower case. Alternatives are split by `|`.
#[derive(Debug)]
pub struct Names {
    /// The language's code, as a locale begins.
    pub code: &'static str,
    /// January to December.
    pub months: [&'static str; 12],
    /// The same in short, for dates with a day; empty where there is no such thing.
    pub short_months: [&'static str; 12],
    /// Monday to Sunday.
    pub weekdays: [&'static str; 7],
}

/// The names in the language of a locale (`de`, `en-US`), if they are known.
pub fn names(locale: &str) -> Option<&'static Names> {
    let code = locale.split(['-', '_']).next().unwrap_or_default();
    NAMES.iter().find(|names| names.code.eq_ignore_ascii_case(code))
}

/// English first.
static NAMES: [Names; 10] = [
    Names {
        code: "en",
        months: [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        short_months: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep|sept", "oct", "nov", "dec"],
        weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    },
    Names {
        code: "de",
        months: [
            "januar|jänner",
            "februar",
            "märz",
            "april",
            "mai",
            "juni",
            "juli",
            "august",
            "september",
            "oktober",
            "november",
            "dezember",
        ],
        short_months: ["jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep|sept", "okt", "nov", "dez"],
        weekdays: ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag|sonnabend", "sonntag"],
    },
    Names {
        code: "fr",
        months: [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        short_months: ["janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"],
        weekdays: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    },
    Names {
        code: "es",
        months: [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre|setiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
        short_months: ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep|sept", "oct", "nov", "dic"],
        weekdays: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    },
    Names {
        code: "pt",
        months: [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ],
        short_months: ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"],
        weekdays: [
            // In short they are ordinals as well ("na segunda tentativa").
            "segunda-feira",
            "terça-feira",
            "quarta-feira",
            "quinta-feira",
            "sexta-feira",
            "sábado",
            "domingo",
        ],
    },
    Names {
        code: "it",
        months: [
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ],
        short_months: ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
        weekdays: ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
    },
    Names {
        code: "nl",
        months: [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
        short_months: ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep|sept", "okt", "nov", "dec"],
        weekdays: ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
    },
    Names {
        code: "pl",
        months: [
            "styczeń|stycznia|styczniu",
            "luty|lutego|lutym",
            "marzec|marca|marcu",
            "kwiecień|kwietnia|kwietniu",
            "maj|maja|maju",
            "czerwiec|czerwca|czerwcu",
            "lipiec|lipca|lipcu",
            "sierpień|sierpnia|sierpniu",
            "wrzesień|września|wrześniu",
            "październik|października|październiku",
            "listopad|listopada|listopadzie",
            "grudzień|grudnia|grudniu",
        ],
        short_months: ["sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"],
        weekdays: [
            "poniedziałek|poniedziałku",
            "wtorek|wtorku",
            "środa|środę|środy",
            "czwartek|czwartku",
            "piątek|piątku",
            "sobota|sobotę|soboty",
            "niedziela|niedzielę|niedzieli",
        ],
    },
    Names {
        code: "ru",
        months: [
            "январь|января|январе",
            "февраль|февраля|феврале",
            "март|марта|марте",
            "апрель|апреля|апреле",
            "май|мая|мае",
            "июнь|июня|июне",
            "июль|июля|июле",
            "август|августа|августе",
            "сентябрь|сентября|сентябре",
            "октябрь|октября|октябре",
            "ноябрь|ноября|ноябре",
            "декабрь|декабря|декабре",
        ],
        short_months: ["янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"],
        weekdays: [
            "понедельник|понедельника",
            "вторник|вторника",
            "среда|среду|среды",
            "четверг|четверга",
            "пятница|пятницу|пятницы",
            "суббота|субботу|субботы",
            "воскресенье|воскресенья",
        ],
    },
    Names {
        code: "ja",
        months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
        short_months: [""; 12],
        weekdays: [
            "月曜日|月曜",
            "火曜日|火曜",
            "水曜日|水曜",
            "木曜日|木曜",
            "金曜日|金曜",
            "土曜日|土曜",
            "日曜日|日曜",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_locale_has_the_names_of_its_language() {
        assert_eq!(names("en-US").unwrap().months[2], "march");
        assert_eq!(names("de").unwrap().weekdays[6], "sonntag");
        assert_eq!(names("PT_br").unwrap().short_months[1], "fev");
        assert!(names("tlh").is_none() && names("").is_none());
    }
}
