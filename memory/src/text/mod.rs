//! The text of messages: sentences, excerpts, words for the indexes, and cleaning for prompts.

pub mod clean;
mod index_text;
pub mod words;

pub use index_text::IndexText;

use rtfm_shared::text::showable;
use std::ops::Range;

/// At most `limit` characters of a text on one line, cut between words if possible. It has no invisible characters, and
/// its secrets are masked: no mask knows the half of a key that a cut leaves.
pub fn excerpt(text: &str, limit: usize) -> String {
    shortened(&showable(text), limit)
}

/// Like [`excerpt`], with the text as it is: for words by which a message is found.
pub fn shortened(text: &str, limit: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= limit {
        return line;
    }
    let cut: String = line.chars().take(limit.saturating_sub(1)).collect();
    let shorter = match cut.rfind(' ') {
        Some(space) if space * 2 > cut.len() => cut.get(..space).unwrap_or(&cut),
        _ => &cut,
    };
    format!("{}…", shorter.trim_end())
}

/// The byte ranges of a text's sentences in any language, each with the white space after it. A sentence ends at a
/// line's end, at an ideographic full stop, or at a full stop before white space.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    const CLOSING: [char; 9] = ['"', '\'', '”', '’', ')', ']', '»', '*', '_'];
    let mut cuts = vec![0];
    for (at, c) in text.char_indices() {
        let after = text.get(at + c.len_utf8()..).unwrap_or_default();
        let rest = match c {
            '.' | '!' | '?' | '…' | '؟' | '۔' | '।' => after.trim_start_matches(CLOSING),
            '。' | '！' | '？' | '．' => after.trim_start_matches(['」', '』', '”', '）']),
            '\n' => after,
            _ => continue,
        };
        let needs_no_space = matches!(c, '。' | '！' | '？' | '．' | '\n');
        if needs_no_space || rest.chars().next().is_none_or(char::is_whitespace) {
            cuts.push(text.len() - rest.trim_start().len());
        }
    }
    cuts.push(text.len());
    cuts.dedup();
    let spans = cuts.iter().zip(cuts.iter().skip(1)).map(|(start, end)| *start..*end);
    spans.filter(|span| text.get(span.clone()).is_some_and(|text| !text.trim().is_empty())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_cut_between_words() {
        assert_eq!(excerpt("one\n two", 20), "one two");
        assert_eq!(excerpt("the quick brown fox", 13), "the quick…");
        assert_eq!(excerpt("ééééééé", 4), "ééé…");
    }

    #[test]
    fn an_excerpt_ends_in_no_half_of_a_secret() {
        let key = format!("gh\u{200b}p_{}", "a1B2".repeat(9));
        for length in 0..60 {
            let excerpt = excerpt(&format!("{}/{key}, keep it", "=".repeat(length)), 60);
            assert!(!excerpt.contains("a1B2"), "{excerpt}");
        }
    }

    #[test]
    fn sentences_end_at_the_marks_of_their_script() {
        let of = |text: &'static str| sentences(text).into_iter().map(|span| &text[span]).collect::<Vec<_>>();
        assert_eq!(of("One v1.2 (two.) Three?\n\nFour"), ["One v1.2 (two.) ", "Three?\n\n", "Four"]);
        assert_eq!(of("東京です。「はい。」大阪"), ["東京です。", "「はい。」", "大阪"]);
        assert_eq!(of("  \n "), [""; 0]);
    }
}
