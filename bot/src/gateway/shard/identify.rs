//! Paces Identify: Discord allows one in five seconds per bucket, and says how many buckets there are. Processes that
//! share a bot's shards do not coordinate; if two collide, Discord invalidates one session, and its shard tries again.

use std::time::Duration;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, sleep_until},
};

/// Grants the shards of one process their turn to identify.
#[derive(Debug)]
pub(crate) struct IdentifyLimiter {
    /// For each bucket, when its last Identify was sent.
    buckets: Vec<Mutex<Option<Instant>>>,
    interval: Duration,
}

/// Permission to identify once. Dropping it unused passes it on at once.
#[derive(Debug)]
pub(crate) struct IdentifySlot<'a> {
    last: MutexGuard<'a, Option<Instant>>,
}

impl IdentifyLimiter {
    /// `buckets` is Discord's `max_concurrency`.
    pub(crate) fn new(buckets: u64, interval: Duration) -> Self {
        let buckets = (0..buckets.max(1)).map(|_| Mutex::default()).collect();
        Self { buckets, interval }
    }

    /// Waits until this shard may identify.
    pub(crate) async fn slot(&self, shard: u32) -> Option<IdentifySlot<'_>> {
        let bucket = usize::try_from(shard).ok()?.checked_rem(self.buckets.len())?;
        let last = self.buckets.get(bucket)?.lock().await;
        if let Some(last) = *last {
            sleep_until(last + self.interval).await;
        }
        Some(IdentifySlot { last })
    }
}

impl IdentifySlot<'_> {
    /// Records that Identify was sent now.
    pub(crate) fn consume(mut self) {
        *self.last = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_bucket_identifies_one_shard_at_a_time_and_buckets_do_not_wait_for_each_other() {
        let limiter = IdentifyLimiter::new(2, Duration::from_secs(3600));
        let first = limiter.slot(0).now_or_never().flatten().expect("the bucket is unused");
        assert!(limiter.slot(2).now_or_never().is_none(), "the first one holds the slot");
        assert!(limiter.slot(1).now_or_never().is_some());
        drop(first);
        let second = limiter.slot(2).now_or_never().flatten().expect("the first one dropped its slot");
        second.consume();
        assert!(limiter.slot(4).now_or_never().is_none(), "the second one consumed it");
        assert!(limiter.slot(3).now_or_never().is_some());
    }
}
