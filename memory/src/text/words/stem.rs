//! Porter's stemmer (M. F. Porter, "An algorithm for suffix stripping", 1980), so that "deploying"
//! finds "deployed". SQLite's FTS5 has its own; a test holds this one against it.

/// The stem of a lower-case word. Words that are not plain English letters stay as they are.
pub(super) fn stem(word: &str) -> String {
    let mut word = word.to_owned();
    if word.len() < 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word;
    }
    plurals(&mut word);
    past_and_progressive(&mut word);
    if word.strip_suffix('y').is_some_and(has_vowel) {
        word.pop();
        word.push('i');
    }
    replace_longest(&mut word, DOUBLE_SUFFIXES, 0);
    replace_longest(&mut word, SINGLE_SUFFIXES, 0);
    drop_suffix(&mut word);
    tidy(&mut word);
    word
}

/// Step 2: suffix and what stands for it.
const DOUBLE_SUFFIXES: &[(&str, &str)] = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("logi", "log"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
];

/// Step 3.
const SINGLE_SUFFIXES: &[(&str, &str)] =
    &[("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

/// Step 4.
const SUFFIXES: &[(&str, &str)] = &[
    ("al", ""),
    ("ance", ""),
    ("ence", ""),
    ("er", ""),
    ("ic", ""),
    ("able", ""),
    ("ible", ""),
    ("ant", ""),
    ("ement", ""),
    ("ment", ""),
    ("ent", ""),
    ("ou", ""),
    ("ism", ""),
    ("ate", ""),
    ("iti", ""),
    ("ous", ""),
    ("ive", ""),
    ("ize", ""),
];

/// Step 1a.
fn plurals(word: &mut String) {
    if word.ends_with("sses") || word.ends_with("ies") {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
}

/// Step 1b.
fn past_and_progressive(word: &mut String) {
    if let Some(stem) = word.strip_suffix("eed") {
        if measure(stem) > 0 {
            word.pop();
        }
        return;
    }
    let stem = ["ed", "ing"].iter().find_map(|suffix| word.strip_suffix(suffix));
    let Some(stem) = stem.filter(|stem| has_vowel(stem)) else { return };
    word.truncate(stem.len());
    if ["at", "bl", "iz"].iter().any(|end| word.ends_with(end)) {
        word.push('e');
    } else if ends_in_double_consonant(word) && !word.ends_with(['l', 's', 'z']) {
        word.pop();
    } else if measure(word) == 1 && ends_short(word) {
        word.push('e');
    }
}

/// Replaces the longest suffix that is there, if what is before it is long enough.
fn replace_longest(word: &mut String, suffixes: &[(&str, &str)], above: usize) {
    let there = suffixes.iter().filter(|(suffix, _)| word.ends_with(suffix));
    if let Some((suffix, replacement)) = there.max_by_key(|(suffix, _)| suffix.len()) {
        let rest = word.len() - suffix.len();
        if word.get(..rest).is_some_and(|stem| measure(stem) > above) {
            word.truncate(rest);
            word.push_str(replacement);
        }
    }
}

/// Step 4: "-ion" only goes after s or t.
fn drop_suffix(word: &mut String) {
    if let Some(stem) = word.strip_suffix("ion") {
        if stem.ends_with(['s', 't']) && measure(stem) > 1 {
            word.truncate(stem.len());
        }
        return;
    }
    replace_longest(word, SUFFIXES, 1);
}

/// Steps 5a and 5b.
fn tidy(word: &mut String) {
    if let Some(stem) = word.strip_suffix('e')
        && (measure(stem) > 1 || (measure(stem) == 1 && !ends_short(stem)))
    {
        word.pop();
    }
    if word.ends_with("ll") && measure(word) > 1 {
        word.pop();
    }
}

/// Whether each letter is a vowel; y is one after a consonant.
fn vowels(word: &str) -> Vec<bool> {
    let mut vowels: Vec<bool> = Vec::with_capacity(word.len());
    for letter in word.bytes() {
        let vowel = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => true,
            b'y' => vowels.last() == Some(&false),
            _ => false,
        };
        vowels.push(vowel);
    }
    vowels
}

/// How often vowels are followed by consonants: Porter's m.
fn measure(word: &str) -> usize {
    let vowels = vowels(word);
    vowels.iter().zip(vowels.iter().skip(1)).filter(|(left, right)| **left && !**right).count()
}

fn has_vowel(word: &str) -> bool {
    vowels(word).contains(&true)
}

fn ends_in_double_consonant(word: &str) -> bool {
    let mut letters = word.bytes().rev();
    let (last, before) = (letters.next(), letters.next());
    last.is_some() && last == before && vowels(word).last() == Some(&false)
}

/// Whether it ends consonant, vowel, consonant, and the last is not w, x or y: Porter's *o.
fn ends_short(word: &str) -> bool {
    vowels(word).ends_with(&[false, true, false]) && !word.ends_with(['w', 'x', 'y'])
}

#[cfg(test)]
mod tests {
    use super::stem;

    const WORDS: &str = "caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled \
        sized hopping tanned falling hissing fizzed failing filing happy sky relational conditional rational valenci \
        hesitanci digitizer conformabli radicalli differentli vileli analogousli vietnamization predication operator \
        feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti triplicate formative \
        formalize electriciti electrical hopeful goodness revival allowance inference airliner gyroscopic adjustable \
        defensible irritant replacement adjustment dependent adoption homologou communism activate angulariti \
        homologous effective bowdlerize probate rate cease controll roll deploying deployed deployment migrations \
        configuration configured containers releases versioning authentication queries indices running yes yoyo \
        toy flying dying being eyed syzygy generalization oscillators ably bleed seeing things anyone monitoring \
        was is as us gas bus discussed discussion databases sass agree agreement logically apology psychologist";

    #[test]
    fn it_stems_as_fts5_does() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE t USING fts5 (w, tokenize = 'porter unicode61');
                 CREATE VIRTUAL TABLE v USING fts5vocab (t, 'row');",
            )
            .unwrap();
        for word in WORDS.split_whitespace() {
            connection.execute("DELETE FROM t", []).unwrap();
            connection.execute("INSERT INTO t VALUES (?1)", [word]).unwrap();
            let theirs: String = connection.query_row("SELECT term FROM v", [], |row| row.get(0)).unwrap();
            assert_eq!(stem(word), theirs, "{word}");
        }
    }

    #[test]
    fn other_scripts_and_short_words_stay() {
        for word in ["привет", "日本", "c3po", "as", "é", ""] {
            assert_eq!(stem(word), word);
        }
    }
}
