//! Assigns keys to partitions by the murmur2 of Kafka's Java client, so that a key has the same partition on both
//! buses.

use std::sync::atomic::{AtomicU32, Ordering};

pub(super) fn of_key(key: &[u8], partitions: i32) -> i32 {
    // Kafka clears the sign bit rather than taking the absolute value.
    i32::try_from(murmur2(key) & 0x7fff_ffff).unwrap_or(0) % partitions.max(1)
}

/// Partitions for records without a key, round-robin.
pub(super) fn any(partitions: i32) -> i32 {
    static TURN: AtomicU32 = AtomicU32::new(0);
    i32::try_from(TURN.fetch_add(1, Ordering::Relaxed) & 0x7fff_ffff).unwrap_or(0) % partitions.max(1)
}

const SEED: u32 = 0x9747_b28c;
const MULTIPLIER: u32 = 0x5bd1_e995;

fn murmur2(key: &[u8]) -> u32 {
    // Java's length is an int; keys are far shorter.
    let mut hash = SEED ^ u32::try_from(key.len()).unwrap_or(u32::MAX);
    let (words, rest) = key.as_chunks::<4>();
    for word in words {
        let mut mixed = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        mixed ^= mixed >> 24;
        hash = hash.wrapping_mul(MULTIPLIER) ^ mixed.wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        for (place, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_kafkas_java_client() {
        for (key, hash) in [("21", -973_932_308_i32), ("foobar", -790_332_482), ("abc", 479_470_107)] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn records_without_a_key_take_turns() {
        let first = any(4);
        let next = any(4);
        assert!((0..4).contains(&first) && (0..4).contains(&next));
        assert!((0..4).contains(&of_key(b"", 4)));
    }
}
