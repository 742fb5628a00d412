//! A file's bytes to its passages, by its kind.

use super::{Kind, Reading, Skipped, decode::decode, passages, pdf, pretty::pretty};
use std::time::Instant;

/// Characters of the longest passage, with room for the widest of them: beyond this much text, nothing would be
/// kept.
const BYTES_A_PASSAGE: usize = 4 * passages::LONGEST;

/// What stands in a file of this kind: at most `most` passages, and not after `end`.
pub(super) fn read(kind: Kind, bytes: &[u8], most: usize, end: Instant) -> Result<Reading, Skipped> {
    let enough = most.saturating_add(1).saturating_mul(BYTES_A_PASSAGE);
    let text = match kind {
        Kind::Pdf => pdf::text(bytes, enough, end)?,
        Kind::Json => {
            let text = decode(bytes)?;
            pretty(&text, enough).unwrap_or(text)
        }
        Kind::Prose | Kind::Lines | Kind::Table => decode(bytes)?,
    };
    let mut pieces: Box<dyn Iterator<Item = String>> = match kind {
        Kind::Prose | Kind::Pdf => Box::new(passages::of_prose(&text)),
        Kind::Lines | Kind::Json => Box::new(passages::of_lines(&text)),
        Kind::Table => Box::new(passages::of_table(&text)),
    };
    let passages: Vec<String> = pieces.by_ref().take(most).collect();
    match passages.is_empty() {
        true => Err(Skipped::Empty),
        false => Ok(Reading { passages, cut: pieces.next().is_some() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn read_all(kind: Kind, bytes: &[u8], most: usize) -> Result<Reading, Skipped> {
        read(kind, bytes, most, Instant::now() + Duration::from_secs(30))
    }

    #[test]
    fn each_kind_is_read() {
        let passages = |kind, text: &str| read_all(kind, text.as_bytes(), 10).unwrap().passages;
        assert_eq!(passages(Kind::Prose, "One.\n\nTwo."), ["One.\n\nTwo."]);
        assert_eq!(passages(Kind::Lines, "fn main() {\n    run()\n}\n"), ["fn main() {\n    run()\n}"]);
        assert_eq!(passages(Kind::Table, "name,port\nredis,6379\n"), ["name,port\nredis,6379"]);
        assert_eq!(passages(Kind::Json, r#"{"a":1}"#), ["{\n  \"a\": 1\n}"]);
        assert_eq!(passages(Kind::Json, "{'a': not json}"), ["{'a': not json}"], "kept as it is");
    }

    #[test]
    fn a_file_without_text_is_empty_and_a_long_one_is_cut() {
        assert_eq!(read_all(Kind::Prose, b" \n\n\t\n", 10), Err(Skipped::Empty));
        assert_eq!(read_all(Kind::Lines, b"", 10), Err(Skipped::Empty));
        let long = "a line of a long log\n".repeat(10_000);
        let reading = read_all(Kind::Lines, long.as_bytes(), 10).unwrap();
        assert_eq!((reading.passages.len(), reading.cut), (10, true));
        assert!(!read_all(Kind::Lines, b"short", 1).unwrap().cut);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0..5_usize) {
            let kind = [Kind::Prose, Kind::Lines, Kind::Table, Kind::Json, Kind::Pdf][kind];
            let _ = read_all(kind, &bytes, 3);
        }

        #[test]
        fn no_text_panics(text in "(\\PC|[ \n\"{},\\[\\]]){0,300}", kind in 0..4_usize) {
            let kind = [Kind::Prose, Kind::Lines, Kind::Table, Kind::Json][kind];
            if let Ok(reading) = read_all(kind, text.as_bytes(), 3) {
                prop_assert!(reading.passages.iter().all(|passage| !passage.trim().is_empty()));
            }
        }
    }
}
