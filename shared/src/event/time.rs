//! Instants on the wire: written as RFC 3339 in UTC, read with any offset and also without a zone, which means UTC.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Deserializer, de::Error};

/// Parses an instant as producers of these topics write it.
pub fn parse(text: &str) -> Result<Timestamp, jiff::Error> {
    let text = text.trim();
    match text.parse::<Timestamp>() {
        Ok(instant) => Ok(instant),
        Err(error) => match text.parse::<DateTime>() {
            Ok(civil) => Ok(civil.to_zoned(TimeZone::UTC)?.timestamp()),
            Err(_) => Err(error),
        },
    }
}

/// For `#[serde(deserialize_with)]` on a required instant.
pub fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).map_err(|_| D::Error::custom(format!("not an RFC 3339 time: {text:?}")))
}

/// For `#[serde(deserialize_with)]` on an optional instant; an empty text counts as none.
pub fn lenient_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        Some(text) if !text.is_empty() => {
            parse(&text).map(Some).map_err(|_| D::Error::custom(format!("not an RFC 3339 time: {text:?}")))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn every_spelling_of_one_instant_is_the_same() {
        let spellings = [
            "2026-11-02T12:34:56.789Z",
            "2026-11-02T12:34:56.789+00:00",
            "2026-11-02T14:34:56.789+02:00",
            "2026-11-02T12:34:56.789",
            "2026-11-02 12:34:56.789",
        ];
        let instants: Vec<_> = spellings.iter().map(|text| parse(text).unwrap()).collect();
        assert!(instants.iter().all(|instant| *instant == instants[0]), "{instants:?}");
        assert!(parse("yesterday").is_err());
    }
}
