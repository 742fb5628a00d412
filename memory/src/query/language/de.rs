//! German.

use super::*;

pub(super) const WORDS: LanguageData = LanguageData {
    code: "de",
    units: ["stunde|stunden", "tag|tage|tagen", "woche|wochen", "monat|monate|monaten", "jahr|jahre|jahren"],
    numbers: &["ein|eine|einem|einer|einen", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"],
    phrases: &[
        ("heute", Likely, Day(0)),
        ("gestern", Sure, Day(-1)),
        ("vorgestern", Sure, Day(-2)),
        ("in? der? letzte|letzten|letzter|vorige|vorigen|vergangene|vergangenen woche", Sure, Last(Unit::Week)),
        ("im? den? letzter|letzten|vorigen|vergangenen monat", Sure, Last(Unit::Month)),
        ("im? letztes|letzten|voriges|vergangenes|vergangenen jahr", Sure, Last(Unit::Year)),
        ("in? dieser|diese woche", Likely, This(Unit::Week)),
        ("in? diesem|diesen monat", Likely, This(Unit::Month)),
        ("in? diesem|dieses jahr", Likely, This(Unit::Year)),
        ("heuer", Likely, This(Unit::Year)),
        ("in? den? letzten|vergangenen {n} {unit}", Sure, Back),
        ("vor {n} {unit}", Sure, Ago),
        ("am? letzten|vergangenen|vorigen {weekday}", Sure, Over),
        ("letzten|vergangenen {month}", Sure, Over),
        ("im jahr? {when}", Likely, At),
        ("in {when}", Likely, At),
        ("am {when}", Weak, At),
        ("vom {when}", Weak, At),
        ("seit dem? {when}", Sure, Since),
        ("ab dem? {when}", Likely, Since),
        ("nach dem? {when}", Likely, After),
        ("vor dem? {when}", Likely, Before),
        ("bis zum? {when}", Likely, Until),
        ("zwischen dem? {when} und dem? {when}", Likely, Between),
        ("von|vom {when} bis zum? {when}", Likely, Between),
    ],
    dates: &["{d} {month|short} {year}", "{d} {month|short}", "{month} {year}"],
    goes_on: "des|der",
    past: "hat|haben|wurde|wurden|war|waren|gesagt|geschrieben|passiert|geschehen|schrieb|sagte|gab|nachrichten|\
           beschlossen|besprochen",
    future: "wird|werden|morgen|nächste|nächsten|nächster|nächstes|geplant|soll|sollen|kommende|kommenden",
    spoken: "gesagt|sagte|sagten|geschrieben|schrieb|erwähnt|gepostet|besprochen|diskutiert|nachrichten|laut",
    said_by: &[
        "hat|hatte {name} … gesagt|geschrieben|erwähnt|gemeint|gefragt|erzählt|vorgeschlagen|empfohlen|gepostet|erklärt",
        "{name} … gesagt|geschrieben|erwähnt|gemeint|vorgeschlagen|gepostet hat",
        "sagte|schrieb|meinte {name}",
        "{name} sagte|schrieb|meinte",
        "laut {name}",
        "nachrichten von {name}",
    ],
    i_said: &[
        "habe|hab|hatte ich … gesagt|geschrieben|erwähnt|gefragt|gepostet",
        "ich … gesagt|geschrieben habe|hab",
        "sagte|schrieb ich",
    ],
    no_names: "jemand|irgendjemand|irgendwer|niemand|man|er|sie|es|wir|ihr|du|alle|wer|das|der|die|den|was|und|ich|sich",
    inside: "in|im|aus",
    about: "über|von|namens|für|zu|zum",
    openers: &[
        "und|aber|oder|also",
        "warum|wieso|weshalb",
        "wie das|bitte",
        "was ist mit",
        "wie steht es mit",
        "wer noch",
        "was noch",
        "seit wann",
        "wirklich",
        "sicher",
        "mehr",
    ],
    references: "es|dies|diese|dieser|dieses|diesem|diesen|er|ihn|ihm|sie|ihr|ihnen|dort|da|damit|davon|dazu|\
                 daran|dafür|darüber|dann",
    fillers: "was|welche|welcher|welches|wer|wem|wen|wann|wo|warum|wie|hat|haben|habe|ist|sind|war|waren|wurde|wurden|\
              der|die|das|den|dem|des|ein|eine|einen|einem|einer|von|zu|zum|zur|für|mit|über|auf|in|im|am|an|bei|es|\
              mir|uns|ich|wir|du|ihr|bitte|passiert|geschehen|los|neues|neu|gibt|gab|gesagt|geschrieben|besprochen|\
              alles|alle|jemand|nachrichten|zusammenfassung|und|so|denn|so",
};
