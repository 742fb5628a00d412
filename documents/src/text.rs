//! A document's text, and its passages, by its kind.

use super::{DocumentKind, Reading, Skipped, decode::decode, passages, pretty::pretty};

/// The most bytes of a passage: its characters, each as wide as a character can be.
const BYTES_A_PASSAGE: usize = 4 * passages::LONGEST;

/// Bytes of text that fill so many passages, and one more to tell that there are more.
pub(super) fn enough(max_passages: usize) -> usize {
    max_passages.saturating_add(1).saturating_mul(BYTES_A_PASSAGE)
}

/// The text of a file that is text.
pub(super) fn decoded(kind: DocumentKind, bytes: &[u8], enough: usize) -> Result<String, Skipped> {
    let text = decode(bytes)?;
    Ok(match kind {
        DocumentKind::Json => pretty(&text, enough).unwrap_or(text),
        _ => text,
    })
}

/// The first passages of a text.
pub(super) fn cut(kind: DocumentKind, text: &str, max_passages: usize) -> Result<Reading, Skipped> {
    let mut pieces: Box<dyn Iterator<Item = String>> = match kind {
        DocumentKind::Prose | DocumentKind::Pdf => Box::new(passages::of_prose(text)),
        DocumentKind::Lines | DocumentKind::Json => Box::new(passages::of_lines(text)),
        DocumentKind::Table => Box::new(passages::of_table(text)),
    };
    let passages: Vec<String> = pieces.by_ref().take(max_passages).collect();
    match passages.is_empty() {
        true => Err(Skipped::Empty),
        false => Ok(Reading { passages, cut: pieces.next().is_some() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf;
    use proptest::prelude::*;

    fn read_all(kind: DocumentKind, bytes: &[u8], most: usize) -> Result<Reading, Skipped> {
        let text = match kind {
            DocumentKind::Pdf => pdf::pages(bytes, enough(most))?.collect(),
            _ => decoded(kind, bytes, enough(most))?,
        };
        cut(kind, &text, most)
    }

    #[test]
    fn each_kind_is_read() {
        let passages = |kind, text: &str| read_all(kind, text.as_bytes(), 10).unwrap().passages;
        assert_eq!(passages(DocumentKind::Prose, "One.\n\nTwo."), ["One.\n\nTwo."]);
        assert_eq!(passages(DocumentKind::Lines, "fn main() {\n    run()\n}\n"), ["fn main() {\n    run()\n}"]);
        assert_eq!(passages(DocumentKind::Table, "name,port\nredis,6379\n"), ["name,port\nredis,6379"]);
        assert_eq!(passages(DocumentKind::Json, r#"{"a":1}"#), ["{\n  \"a\": 1\n}"]);
        assert_eq!(passages(DocumentKind::Json, "{'a': not json}"), ["{'a': not json}"], "kept as it is");
    }

    #[test]
    fn a_file_without_text_is_empty_and_a_long_one_is_cut() {
        assert_eq!(read_all(DocumentKind::Prose, b" \n\n\t\n", 10), Err(Skipped::Empty));
        assert_eq!(read_all(DocumentKind::Lines, b"", 10), Err(Skipped::Empty));
        let long = "a line of a long log\n".repeat(10_000);
        let reading = read_all(DocumentKind::Lines, long.as_bytes(), 10).unwrap();
        assert_eq!((reading.passages.len(), reading.cut), (10, true));
        assert!(!read_all(DocumentKind::Lines, b"short", 1).unwrap().cut);
    }

    const KINDS: [DocumentKind; 5] =
        [DocumentKind::Prose, DocumentKind::Lines, DocumentKind::Table, DocumentKind::Json, DocumentKind::Pdf];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0..5_usize) {
            let _ = read_all(KINDS[kind], &bytes, 3);
        }

        #[test]
        fn no_text_panics(text in "(\\PC|[ \n\"{},\\[\\]]){0,300}", kind in 0..4_usize) {
            if let Ok(reading) = read_all(KINDS[kind], text.as_bytes(), 3) {
                prop_assert!(reading.passages.iter().all(|passage| !passage.trim().is_empty()));
            }
        }
    }
}
