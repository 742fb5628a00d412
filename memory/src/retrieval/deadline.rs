//! The deadlines of an answer's steps. The asker waits, so an answer that cannot be ready in time is reported as such.

use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// The time for a question that arrives at or after its expiry: its reply still says "searching", so it gets a quick
/// answer.
const LATE_LIMIT: Duration = Duration::from_secs(5);

/// The deadlines of an answer's steps.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// The model's deadline, which leaves time for an extractive answer.
    pub model: Instant,
    /// The message store's deadline.
    pub store: Instant,
    /// Whether the question arrived too late for a model.
    pub late: bool,
}

impl Deadline {
    /// The deadlines of a question that expires at this instant, but after `limit` at the latest.
    pub fn of(expires_at: Option<Timestamp>, limit: Duration) -> Self {
        let remaining = match expires_at {
            Some(instant) => {
                Duration::try_from(instant.duration_since(Timestamp::now())).unwrap_or_default().min(limit)
            }
            None => limit,
        };
        let late = remaining < LATE_LIMIT.min(limit);
        let remaining = remaining.max(LATE_LIMIT.min(limit));
        let now = Instant::now();
        // The last tenth, at most two seconds, is for writing and sending the answer.
        let reserve = (remaining / 10).min(Duration::from_secs(2));
        Self { model: now + remaining - reserve, store: now + remaining - 2 * reserve, late }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_ends_before_the_question_expires() {
        let limit = Duration::from_secs(60);
        let in_20 = Timestamp::now() + Duration::from_secs(20);
        let deadline = Deadline::of(Some(in_20), limit);
        assert!(deadline.store < deadline.model && !deadline.late);
        assert!(deadline.model < Instant::now() + Duration::from_secs(20));
        assert!(Deadline::of(Some(Timestamp::UNIX_EPOCH), limit).late);
        assert!(Deadline::of(None, limit).store > Instant::now() + Duration::from_secs(50));
        let far = Timestamp::now() + Duration::from_secs(100_000);
        assert!(Deadline::of(Some(far), limit).model < Instant::now() + limit);
    }
}
