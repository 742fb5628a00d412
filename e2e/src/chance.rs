//! Repeatable randomness: every random choice of a fault test comes from one seed.

use std::time::{SystemTime, UNIX_EPOCH};

/// A small generator (splitmix64).
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// Seeded by `FAULT_SEED` where that is set, else by the clock; prints the seed, so that a run can be repeated.
    pub fn seeded() -> Self {
        let named = std::env::var("FAULT_SEED").ok().filter(|seed| !seed.trim().is_empty());
        let seed = match named {
            Some(seed) => seed.trim().parse().expect("FAULT_SEED is a whole number"),
            None => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
                u64::from(now.subsec_nanos()) ^ now.as_secs()
            }
        };
        println!("seed: {seed} (FAULT_SEED={seed} makes the same choices again)");
        Self(seed)
    }

    /// Seeded by `FAULT_SEED` where that is set, else by this seed.
    pub fn seeded_or(seed: u64) -> Self {
        match std::env::var_os("FAULT_SEED") {
            Some(_) => Self::seeded(),
            None => Self(seed),
        }
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end.max(1) as u64).expect("it is below a usize")
    }

    /// One of these.
    pub fn choose<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    /// This many bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.number().to_le_bytes()[0]).collect()
    }

    /// Shuffles these.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for end in (1..things.len()).rev() {
            things.swap(end, self.below(end + 1));
        }
    }

    /// True in `percent` of a hundred cases.
    pub fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}
