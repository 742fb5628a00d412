//! Snowflakes: ids that carry the millisecond they were made in and grow with time,
//! so that `before`/`after` paging and age rules work on them as they do on Discord.

/// The first millisecond of 2015, from which Discord counts.
const EPOCH_MS: u64 = 1_420_070_400_000;
/// Bits below the time: five of worker, seventeen that count.
const COUNTER_BITS: u64 = 17;
const WORKER: u64 = 1;

/// Hands out ids that never repeat within one fake.
#[derive(Debug, Default)]
pub(crate) struct Snowflakes {
    counter: u64,
    newest: u64,
}

impl Snowflakes {
    /// An id of the current time, greater than every earlier one.
    pub(crate) fn next(&mut self, now_ms: u64) -> u64 {
        let mut id = self.at(now_ms);
        while id <= self.newest {
            id = self.at(timestamp_ms(self.newest) + 1);
        }
        self.newest = id;
        id
    }

    /// An id of any moment, for events before the test.
    pub(crate) fn at(&mut self, ms: u64) -> u64 {
        self.counter = (self.counter + 1) & ((1 << COUNTER_BITS) - 1);
        (ms.saturating_sub(EPOCH_MS) << 22) | (WORKER << COUNTER_BITS) | self.counter
    }
}

/// The moment an id was made in.
pub(crate) fn timestamp_ms(id: u64) -> u64 {
    (id >> 22) + EPOCH_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_carry_their_time() {
        let mut snowflakes = Snowflakes::default();
        let now = 1_790_000_000_000;
        let ids: Vec<u64> = (0..300_000).map(|_| snowflakes.next(now)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(timestamp_ms(ids[0]), now);
    }

    #[test]
    fn an_id_of_the_past_is_smaller_than_one_of_now() {
        let mut snowflakes = Snowflakes::default();
        let now = snowflakes.next(1_790_000_000_000);
        let past = snowflakes.at(1_780_000_000_000);
        assert!(past < now);
        assert_eq!(timestamp_ms(past), 1_780_000_000_000);
    }
}
