//! Discord's ids carry the millisecond in which they were made: its count since the Discord epoch is the id without
//! the lowest 22 bits.

use jiff::Timestamp;

/// 2015-01-01T00:00:00Z, in milliseconds since 1970.
const EPOCH_MS: i64 = 1_420_070_400_000;
const TIME_SHIFT: u32 = 22;

/// When a snowflake was made, to the millisecond.
pub fn created_at(snowflake: u64) -> Timestamp {
    // 42 bits of milliseconds end in the year 2154, which every timestamp can hold.
    i64::try_from(snowflake >> TIME_SHIFT)
        .ok()
        .and_then(|since| Timestamp::from_millisecond(since + EPOCH_MS).ok())
        .unwrap_or(Timestamp::MAX)
}

/// The smallest snowflake that can be made in the millisecond of `instant`: older ones are below it, the others not.
/// 0 before the Discord epoch, [`u64::MAX`] after the last millisecond that a snowflake can hold.
pub fn first_at(instant: Timestamp) -> u64 {
    let since = instant.as_millisecond().saturating_sub(EPOCH_MS).max(0).unsigned_abs();
    if since >> (u64::BITS - TIME_SHIFT) == 0 { since << TIME_SHIFT } else { u64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_snowflake_is_made_when_discord_says() {
        // The example of Discord's reference.
        assert_eq!(created_at(175_928_847_299_117_063), at("2016-04-30T11:18:25.796Z"));
        assert_eq!(created_at(0), at("2015-01-01T00:00:00Z"));
        assert_eq!(created_at(u64::MAX).as_millisecond(), (1 << 42) - 1 + EPOCH_MS);
    }

    #[test]
    fn the_first_of_an_instant_parts_the_older_from_the_newer() {
        let first = first_at(at("2016-04-30T11:18:25.796Z"));
        assert_eq!(created_at(first), at("2016-04-30T11:18:25.796Z"));
        assert_eq!(created_at(first - 1), at("2016-04-30T11:18:25.795Z"));
        assert_eq!(first_at(at("2014-12-31T23:59:59Z")), 0);
        assert_eq!(first_at(Timestamp::MAX), u64::MAX);
    }
}
