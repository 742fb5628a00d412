//! How long an answer may take: a person waits for it, and is told the truth when it cannot be had in
//! time.

use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// Time kept for a question that comes after nobody may wait any more: its place still says
/// "searching", so it gets what can be had at once.
const LATE: Duration = Duration::from_secs(5);

/// The instants by which the steps of an answer must be done.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// When the model must be done, so that an extractive answer can still be made instead.
    pub model: Instant,
    /// Until when the memory is tried.
    pub memory: Instant,
    /// Whether the question came too late for a model.
    pub late: bool,
}

impl Deadline {
    /// The deadline of a question that expires at this instant, or else after `limit`, which also is the
    /// longest anybody may ask for.
    pub fn of(expires_at: Option<Timestamp>, limit: Duration) -> Self {
        let left = match expires_at {
            Some(instant) => {
                Duration::try_from(instant.duration_since(Timestamp::now())).unwrap_or_default().min(limit)
            }
            None => limit,
        };
        let late = left < LATE.min(limit);
        let left = left.max(LATE.min(limit));
        let now = Instant::now();
        // The last tenth (two seconds at the most) is for writing the answer down and sending it.
        let reserve = (left / 10).min(Duration::from_secs(2));
        Self { model: now + left - reserve, memory: now + left - 2 * reserve, late }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_ends_before_the_asker_gives_up() {
        let limit = Duration::from_secs(60);
        let in_20 = Timestamp::now() + Duration::from_secs(20);
        let deadline = Deadline::of(Some(in_20), limit);
        assert!(deadline.memory < deadline.model && !deadline.late);
        assert!(deadline.model < Instant::now() + Duration::from_secs(20));
        assert!(Deadline::of(Some(Timestamp::UNIX_EPOCH), limit).late);
        assert!(Deadline::of(None, limit).memory > Instant::now() + Duration::from_secs(50));
        let far = Timestamp::now() + Duration::from_secs(100_000);
        assert!(Deadline::of(Some(far), limit).model < Instant::now() + limit);
    }
}
