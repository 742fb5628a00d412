//! Dates for people: the date and the age at the time of the question.

use jiff::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Units of time in seconds with their names, largest first.
const UNITS: [(i64, &str); 5] =
    [(365 * DAY, "year"), (30 * DAY, "month"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")];

/// `2 Nov 2026 (3 days ago)`, or the date alone when it lies after `now`.
pub(super) fn date_and_age(time: Timestamp, now: Timestamp) -> String {
    let date = time.strftime("%-d %b %Y");
    let elapsed = now.as_second().saturating_sub(time.as_second());
    if elapsed < 0 {
        return date.to_string();
    }
    let unit = UNITS.iter().find(|(length, _)| elapsed >= *length);
    match unit.map(|(length, name)| (elapsed / length, name)) {
        Some((1, name)) => format!("{date} (1 {name} ago)"),
        Some((count, name)) => format!("{date} ({count} {name}s ago)"),
        None => format!("{date} (just now)"),
    }
}

#[cfg(test)]
mod tests {
    use super::date_and_age;

    #[test]
    fn the_age_uses_its_largest_unit() {
        let time = "2026-11-02T12:00:00Z".parse().unwrap();
        for (now, expected) in [
            ("2026-11-02T12:00:20Z", "2 Nov 2026 (just now)"),
            ("2026-11-02T13:59:00Z", "2 Nov 2026 (1 hour ago)"),
            ("2026-11-05T13:00:00Z", "2 Nov 2026 (3 days ago)"),
            ("2028-11-05T13:00:00Z", "2 Nov 2026 (2 years ago)"),
            ("1970-01-01T00:00:00Z", "2 Nov 2026"),
        ] {
            assert_eq!(date_and_age(time, now.parse().unwrap()), expected);
        }
    }
}
