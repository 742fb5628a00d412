//! Polish.

use super::*;

pub(super) const WORDS: LanguageData = LanguageData {
    code: "pl",
    units: [
        "godzina|godzinę|godziny|godzin",
        "dzień|dni|dnia",
        "tydzień|tygodnie|tygodni|tygodniu",
        "miesiąc|miesiące|miesięcy|miesiącu",
        "rok|lata|lat|roku",
    ],
    numbers: &["jeden|jedną", "dwa|dwie|dwóch", "trzy|trzech", "cztery|czterech", "pięć|pięciu", "sześć", "siedem"],
    phrases: &[
        ("dziś|dzisiaj", Likely, Day(0)),
        ("wczoraj", Sure, Day(-1)),
        ("przedwczoraj", Sure, Day(-2)),
        ("w? zeszłym|ubiegłym|poprzednim tygodniu", Sure, Last(Unit::Week)),
        ("w? zeszłym|ubiegłym|poprzednim miesiącu", Sure, Last(Unit::Month)),
        ("w? zeszłym|ubiegłym|poprzednim roku", Sure, Last(Unit::Year)),
        ("w tym tygodniu", Likely, This(Unit::Week)),
        ("w tym miesiącu", Likely, This(Unit::Month)),
        ("w tym roku", Likely, This(Unit::Year)),
        ("w? ciągu? ostatnich|ostatnie {n} {unit}", Sure, Back),
        ("w? przez? ostatnie {n} {unit}", Sure, Back),
        ("{n} {unit} temu", Sure, Ago),
        ("{unit} temu", Sure, Ago),
        ("w? zeszły|zeszłą|ubiegły|ubiegłą|ostatni|ostatnią {weekday}", Sure, Over),
        ("w? zeszłym|ubiegłym {month}", Sure, Over),
        ("w {when}", Likely, At),
        ("we {when}", Weak, At),
        ("dnia|z {when}", Weak, At),
        ("od {when}", Sure, Since),
        ("po {when}", Likely, After),
        ("przed {when}", Likely, Before),
        ("do {when}", Likely, Until),
        ("między|pomiędzy {when} a|i {when}", Likely, Between),
        ("od {when} do {when}", Likely, Between),
    ],
    dates: &["{d} {month|short} {year}", "{d} {month|short}", "{month} {year}"],
    goes_on: "od",
    past: "powiedział|powiedziała|mówił|mówiła|napisał|napisała|pisał|pisała|było|był|była|były|działo|stało|wiadomości|\
           ustalono|mówiono",
    future: "będzie|będą|jutro|następny|następnym|następna|przyszły|przyszłym|planowany|planowane|trzeba",
    spoken: "powiedział|powiedziała|mówił|mówiła|mówiono|napisał|napisała|pisał|pisała|wspomniał|wspomniała|omawiano|\
             wiadomości|według|zdaniem",
    said_by: &[
        "powiedział|powiedziała|mówił|mówiła|napisał|napisała|pisał|pisała|wspomniał|wspomniała|pytał|pytała|\
         zaproponował|zaproponowała {name}",
        "{name} powiedział|powiedziała|mówił|mówiła|napisał|napisała|pisał|pisała|wspomniał|wspomniała|zaproponował|\
         zaproponowała",
        "według|zdaniem {name}",
        "wiadomości od {name}",
    ],
    i_said: &["powiedziałem|powiedziałam|napisałem|napisałam|pisałem|pisałam|mówiłem|mówiłam|pytałem|pytałam"],
    no_names: "ktoś|nikt|on|ona|oni|one|my|wy|ty|kto|co|to|ten|ta|się|wszyscy|i|a|ja",
    inside: "w|na|z",
    about: "o|na temat|dla|do",
    openers: &["a|i|ale|albo|więc", "dlaczego|czemu", "jak to", "co jeszcze", "kto jeszcze", "od kiedy", "naprawdę"],
    references: "on|ona|ono|oni|one|jego|jej|ich|go|mu|im|to|tego|tym|temu|ten|ta|te|tam|wtedy|nim|nią|nich",
    fillers: "co|jaki|jaka|jakie|który|która|które|kto|kiedy|gdzie|dlaczego|jak|czy|jest|są|był|była|było|były|o|do|na|\
              w|we|z|ze|dla|po|się|mi|nam|ja|my|ty|działo|stało|nowego|powiedział|powiedziała|napisał|napisała|ktoś|\
              wszystko|wiadomości|podsumowanie|i|a|to",
};
