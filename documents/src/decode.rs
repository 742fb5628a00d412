//! Bytes to text: UTF-8, or UTF-16 where a byte order mark says so. Anything else is refused as binary.

use super::Skipped;

/// The text of a file, with `\n` as its line ends.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Skipped> {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest)?,
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        all => utf8(all)?,
    };
    // Many logs have a few stray control characters; a file full of them is not text.
    let strange = text.chars().filter(|c| is_strange(*c)).count();
    if text.contains('\0') || strange * 50 > text.len() {
        return Err(Skipped::Binary);
    }
    let text = without_ansi_escapes(&text.replace("\r\n", "\n").replace('\r', "\n"));
    Ok(text.chars().filter(|c| !is_strange(*c)).collect())
}

fn utf8(bytes: &[u8]) -> Result<String, Skipped> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Skipped::Binary)
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Result<String, Skipped> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Skipped::Binary);
    }
    char::decode_utf16(pairs.iter().map(|pair| read(*pair))).collect::<Result<_, _>>().map_err(|_| Skipped::Binary)
}

fn is_strange(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1b}')
}

/// The text without terminal escapes, such as colours.
fn without_ansi_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut pieces = text.split('\u{1b}');
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let rest = piece.strip_prefix('[').map_or(piece, |sequence| {
            let end = sequence.find(|c: char| !matches!(c, '0'..='9' | ';' | '?' | ':'));
            let end = end.filter(|end| *end <= 32).unwrap_or(0);
            let mut rest = sequence.get(end..).unwrap_or_default().chars();
            if rest.clone().next().is_some_and(|c| c.is_ascii_alphabetic()) {
                rest.next();
            }
            rest.as_str()
        });
        plain.push_str(rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn byte_order_marks_select_the_encoding() {
        assert_eq!(decode("grüße\r\n東京\r!".as_bytes()).unwrap(), "grüße\n東京\n!");
        assert_eq!(decode(b"\xef\xbb\xbfwith a mark").unwrap(), "with a mark");
        let wide = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            let units = "grüße 🎉".encode_utf16().flat_map(bytes);
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        assert_eq!(decode(&wide([0xff, 0xfe], u16::to_le_bytes)).unwrap(), "grüße 🎉");
        assert_eq!(decode(&wide([0xfe, 0xff], u16::to_be_bytes)).unwrap(), "grüße 🎉");
    }

    #[test]
    fn binary_content_is_refused() {
        let halves: [&[u8]; 6] = [
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"MZ\x90\0\x03",
            b"latin \xe4\xf6\xfc",
            b"\xff\xfea",
            b"\xff\xfe\x00\xd8",
            b"\x01\x02\x03\x04 text",
        ];
        for bytes in halves {
            assert_eq!(decode(bytes), Err(Skipped::Binary), "{bytes:?}");
        }
    }

    #[test]
    fn ansi_escapes_are_removed() {
        assert_eq!(decode(b"\x1b[1;31merror\x1b[0m: no \x1b]room").unwrap(), "error: no ]room");
    }

    proptest! {
        #[test]
        fn any_bytes_are_text_or_not(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(text) = decode(&bytes) {
                let unwanted = ['\0', '\r', '\u{1b}'];
                prop_assert!(!text.contains(unwanted));
            }
        }
    }
}
