//! Headers as one blob: each name and each value, preceded by its length (four bytes, little-endian).

use crate::bus::Headers;
use bytes::Bytes;

/// `None` without headers, which is stored as NULL.
pub(super) fn encode(headers: &Headers) -> Option<Vec<u8>> {
    if headers.0.is_empty() {
        return None;
    }
    let mut blob = Vec::new();
    for (name, value) in &headers.0 {
        for part in [name.as_bytes(), value] {
            // A record is far smaller than four bytes can count.
            blob.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            blob.extend(part);
        }
    }
    Some(blob)
}

/// `None` for a malformed blob.
pub(super) fn decode(mut blob: &[u8]) -> Option<Headers> {
    let mut headers = Headers::default();
    while !blob.is_empty() {
        let name = String::from_utf8(take(&mut blob)?.to_vec()).ok()?;
        headers.push(name, Bytes::copy_from_slice(take(&mut blob)?));
    }
    Some(headers)
}

fn take<'a>(blob: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = blob.split_first_chunk::<4>()?;
    let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *blob = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn headers_survive_encoding_and_decoding(list in prop::collection::vec((".{0,9}", prop::collection::vec(any::<u8>(), 0..20)), 1..6)) {
            let headers = Headers(list.into_iter().map(|(name, value)| (name, value.into())).collect());
            let blob = encode(&headers).unwrap();
            prop_assert_eq!(decode(&blob), Some(headers));
            prop_assert_eq!(decode(&blob[..blob.len() - 1]).filter(|short| short.0.is_empty()), None);
        }

        #[test]
        fn no_blob_is_a_surprise(blob in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = decode(&blob);
        }
    }

    #[test]
    fn no_headers_are_no_blob() {
        assert_eq!(encode(&Headers::default()), None);
    }
}
