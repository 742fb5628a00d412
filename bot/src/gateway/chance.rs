//! Jitter: random delays keep many shards and bots from acting at the same time.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// A random part of a duration.
pub(super) fn part_of(time: Duration) -> Duration {
    // Each state has random keys, so the hash of nothing is random.
    let chance = RandomState::new().hash_one(()) >> 32;
    time.mul_f64(f64::from(u32::try_from(chance).unwrap_or_default()) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_differs_and_stays_within() {
        let whole = Duration::from_secs(1);
        let parts: Vec<_> = (0..100).map(|_| part_of(whole)).collect();
        assert!(parts.iter().all(|part| *part <= whole));
        let (low, high) = (parts.iter().min().unwrap(), parts.iter().max().unwrap());
        assert!(*high - *low > whole / 2, "from {low:?} to {high:?}");
    }
}
