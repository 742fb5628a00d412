//! The fake's clock: real time plus the test's advances, and ids with its time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::snowflake::Snowflakes;

/// Real time, moved forward on demand, so that no test has to wait for a deadline to pass.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    advanced: Duration,
    snowflakes: Snowflakes,
}

impl Clock {
    pub(crate) fn now_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + self.advanced;
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
    }

    /// How far the test has moved the clock so far.
    pub(crate) fn advanced(&self) -> Duration {
        self.advanced
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced += by;
    }

    /// A new id of now.
    pub(crate) fn id(&mut self) -> u64 {
        let now = self.now_ms();
        self.snowflakes.next(now)
    }

    /// A new id of a moment in the past.
    pub(crate) fn id_at(&mut self, ms: u64) -> u64 {
        self.snowflakes.at(ms)
    }
}

/// Discord's way to write a moment.
pub(crate) fn iso(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    let timestamp = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    timestamp.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_formatted_as_discord_formats_them() {
        assert_eq!(iso(1_790_000_000_123), "2026-09-21T14:13:20.123000+00:00");
    }
}
