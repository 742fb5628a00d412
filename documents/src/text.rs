//! Decodes a document's text and cuts it into passages, by its kind.

use super::{DocumentKind, Reading, Skipped, decode::decode, passages, pretty::pretty};
use rtfm_shared::text::showable;

/// The most bytes of a passage: a UTF-8 character has up to four.
const MAX_PASSAGE_BYTES: usize = 4 * passages::MAX_CHARS;

/// The bytes of text that fill this many passages, and one more that shows that the text goes on.
pub(super) fn max_text_bytes(max_passages: usize) -> usize {
    max_passages.saturating_add(1).saturating_mul(MAX_PASSAGE_BYTES)
}

/// The text of a file of any kind but PDF.
pub(super) fn decoded(kind: DocumentKind, bytes: &[u8], max_text_bytes: usize) -> Result<String, Skipped> {
    let text = decode(bytes)?;
    if kind == DocumentKind::Json {
        return Ok(pretty(&text, max_text_bytes).unwrap_or(text));
    }
    Ok(text)
}

/// The first passages of a text. Its secrets are masked before the cut: of a key over two passages, no mask would know
/// either half.
pub(super) fn cut(kind: DocumentKind, text: &str, max_passages: usize) -> Result<Reading, Skipped> {
    let text = &showable(text);
    let mut pieces: Box<dyn Iterator<Item = String>> = match kind {
        DocumentKind::Prose | DocumentKind::Pdf => Box::new(passages::of_prose(text)),
        DocumentKind::Lines | DocumentKind::Json => Box::new(passages::of_lines(text)),
        DocumentKind::Table => Box::new(passages::of_table(text)),
    };
    let passages: Vec<String> = pieces.by_ref().take(max_passages).collect();
    if passages.is_empty() {
        return Err(Skipped::Empty);
    }
    Ok(Reading { passages, truncated: pieces.next().is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf;
    use proptest::prelude::*;

    fn read_all(kind: DocumentKind, bytes: &[u8], most: usize) -> Result<Reading, Skipped> {
        let text = match kind {
            DocumentKind::Pdf => pdf::pages(bytes, max_text_bytes(most))?.collect(),
            _ => decoded(kind, bytes, max_text_bytes(most))?,
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
        assert_eq!(
            passages(DocumentKind::Json, "{'a': not json}"),
            ["{'a': not json}"],
            "text that only looks like JSON stays unchanged"
        );
    }

    #[test]
    fn a_file_without_text_is_empty_and_a_long_one_is_cut() {
        assert_eq!(read_all(DocumentKind::Prose, b" \n\n\t\n", 10), Err(Skipped::Empty));
        assert_eq!(read_all(DocumentKind::Lines, b"", 10), Err(Skipped::Empty));
        let long = "a line of a long log\n".repeat(10_000);
        let reading = read_all(DocumentKind::Lines, long.as_bytes(), 10).unwrap();
        assert_eq!((reading.passages.len(), reading.truncated), (10, true));
        assert!(!read_all(DocumentKind::Lines, b"short", 1).unwrap().truncated);
    }

    /// Without the beginning of a private key, nothing tells what its other lines are.
    #[test]
    fn a_secret_is_masked_before_the_cut() {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}-----END PRIVATE KEY-----", "MIIEowIBAAKCAQEA\n".repeat(200));
        let token = format!("{}/ghp_{}", "=".repeat(1_040), "a1B2".repeat(9));
        for kind in KINDS {
            let reading = cut(kind, &format!("The log:\n{pem}\n{token}\n"), 100).unwrap();
            let text = reading.passages.join("\n");
            assert!(text.contains("PRIVATE KEY-----…(masked)") && text.contains("/ghp_…"), "{kind:?}: {text}");
            assert!(!text.contains("MIIE") && !text.contains("a1B2"), "{kind:?}: {text}");
        }
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
