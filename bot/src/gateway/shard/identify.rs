//! When a shard may begin a new session: Discord allows one in five seconds, for each of as many lanes of shards as
//! it says. Several processes that share a bot's shards do not know of each other here; should two of them meet,
//! Discord invalidates one, which tries again.

use std::time::Duration;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, sleep_until},
};

/// The lanes of one bot's new sessions.
#[derive(Debug)]
pub(crate) struct Identify {
    lanes: Vec<Mutex<Option<Instant>>>,
    every: Duration,
}

/// A shard's turn to begin a new session. The next one's comes some time after it is taken, or at once when this
/// is dropped unused.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    last: MutexGuard<'a, Option<Instant>>,
}

impl Identify {
    /// So many shards may begin at once, and in every lane one in so long.
    pub(crate) fn new(at_once: u64, every: Duration) -> Self {
        let lanes = (0..at_once.max(1)).map(|_| Mutex::default()).collect();
        Self { lanes, every }
    }

    /// Waits for this shard's turn.
    pub(crate) async fn turn(&self, shard: u32) -> Option<Turn<'_>> {
        let lane = usize::try_from(shard).unwrap_or_default() % self.lanes.len().max(1);
        let last = self.lanes.get(lane)?.lock().await;
        if let Some(last) = *last {
            sleep_until(last + self.every).await;
        }
        Some(Turn { last })
    }
}

impl Turn<'_> {
    /// The new session is asked for now.
    pub(crate) fn take(mut self) {
        *self.last = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_lane_begins_one_session_at_a_time_and_lanes_do_not_wait_for_each_other() {
        let identify = Identify::new(2, Duration::from_secs(3600));
        let first = identify.turn(0).now_or_never().flatten().expect("nobody was there before");
        assert!(identify.turn(2).now_or_never().is_none(), "it is the first one's turn");
        assert!(identify.turn(1).now_or_never().is_some());
        drop(first);
        let second = identify.turn(2).now_or_never().flatten().expect("the first one did not take it");
        second.take();
        assert!(identify.turn(4).now_or_never().is_none(), "the second one did");
        assert!(identify.turn(3).now_or_never().is_some());
    }
}
