//! Times on the command line: RFC 3339, a day (its beginning in UTC), or an age.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// Parses a time; `2h` means two hours ago.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    if let Some(instant) = text.parse::<Date>().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok()) {
        return Ok(instant.timestamp());
    }
    let ago = |unit: char, seconds: i64| text.strip_suffix(unit)?.parse::<u32>().ok().map(|n| i64::from(n) * seconds);
    [('s', 1), ('m', 60), ('h', 3600), ('d', 24 * 3600)]
        .into_iter()
        .find_map(|(unit, seconds)| ago(unit, seconds))
        .and_then(|seconds| Timestamp::now().checked_sub(SignedDuration::from_secs(seconds)).ok())
        .ok_or_else(|| {
            "must be an instant (2026-11-02T12:00:00Z), a day (2026-11-02), or an age (30m, 2h, 3d)".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_days_and_ages_are_parsed() {
        let text = |text| parse(text).unwrap().to_string();
        assert_eq!(text("2026-11-02T12:00:00+01:00"), "2026-11-02T11:00:00Z");
        assert_eq!(text("2026-11-02"), "2026-11-02T00:00:00Z");
        let ago = |now: Timestamp| now - SignedDuration::from_hours(2);
        let (before, parsed, after) = (Timestamp::now(), parse("2h").unwrap(), Timestamp::now());
        assert!((ago(before)..=ago(after)).contains(&parsed), "{parsed}");
        for wrong in ["", "h", "-2h", "yesterday", "2026-13-01", "99999999999d", "2 h"] {
            assert!(parse(wrong).unwrap_err().contains("or an age"), "{wrong}");
        }
    }
}
