//! Which of the gateway's shards this process serves.

use rtfm_shared::config::ConfigError;
use std::collections::BTreeSet;

/// Some of so many shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shards {
    ids: BTreeSet<u32>,
    count: u32,
}

/// More than Discord's largest bot has.
const MOST: u32 = 100_000;

impl Shards {
    /// All of so many.
    pub(crate) fn all(count: u32) -> Self {
        Self { ids: (0..count).collect(), count }
    }

    /// Reads `SHARD_IDS` (`0-3`, `0,2` or `0-3,6`) and `SHARD_COUNT`; none when neither is set, so that Discord says
    /// how many there should be and this process serves all.
    pub fn parse(ids: Option<&str>, count: Option<&str>) -> Result<Option<Self>, ConfigError> {
        let (ids, count) = match (ids, count) {
            (None, None) => return Ok(None),
            (Some(ids), Some(count)) => (ids, count),
            (Some(_), None) => {
                return Err(ConfigError::new(
                    "SHARD_COUNT",
                    "is missing: SHARD_IDS says which shards, and not of how many",
                    "4",
                ));
            }
            (None, Some(_)) => {
                return Err(ConfigError::new(
                    "SHARD_IDS",
                    "is missing: SHARD_COUNT says of how many shards, and not which",
                    "0-3",
                ));
            }
        };
        let count = count.trim().parse().ok().filter(|count| (1..=MOST).contains(count));
        let count = count.ok_or_else(|| ConfigError::new("SHARD_COUNT", "is no number from 1 to 100000", "4"))?;
        let mut all = BTreeSet::new();
        for part in ids.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Ok(first), Ok(last)) = (first.trim().parse::<u32>(), last.trim().parse::<u32>()) else {
                return Err(ConfigError::new("SHARD_IDS", "is no list of shards and ranges of them", "0-3,6"));
            };
            if first > last {
                return Err(ConfigError::new("SHARD_IDS", "has a range whose end comes before its beginning", "0-3"));
            }
            if last >= count {
                let fault = format!("names shard {last}, but of SHARD_COUNT={count} shards the last is {}", count - 1);
                return Err(ConfigError::new("SHARD_IDS", fault, "0-3"));
            }
            all.extend(first..=last);
        }
        Ok(Some(Self { ids: all, count }))
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.ids.iter().copied()
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_are_read() {
        let read = |ids| Shards::parse(Some(ids), Some("8")).unwrap().unwrap().ids().collect::<Vec<_>>();
        assert_eq!(read("0-3"), [0, 1, 2, 3]);
        assert_eq!(read(" 2 , 0"), [0, 2]);
        assert_eq!(read("0-1,6,1"), [0, 1, 6]);
        assert_eq!(Shards::parse(None, None).unwrap(), None);
        assert_eq!(Shards::all(2), Shards::parse(Some("0-1"), Some("2")).unwrap().unwrap());
    }

    #[test]
    fn what_cannot_be_is_said() {
        for (ids, count, variable, words) in [
            (Some("0"), None, "SHARD_COUNT", "is missing"),
            (None, Some("2"), "SHARD_IDS", "is missing"),
            (Some("0-2"), Some("2"), "SHARD_IDS", "names shard 2"),
            (Some("3-1"), Some("8"), "SHARD_IDS", "before its beginning"),
            (Some("0,,1"), Some("8"), "SHARD_IDS", "no list"),
            (Some(""), Some("8"), "SHARD_IDS", "no list"),
            (Some("-1"), Some("8"), "SHARD_IDS", "no list"),
            (Some("0"), Some("0"), "SHARD_COUNT", "no number"),
            (Some("0"), Some("many"), "SHARD_COUNT", "no number"),
        ] {
            let error = Shards::parse(ids, count).unwrap_err();
            assert_eq!(error.variable, variable, "{ids:?} of {count:?}");
            assert!(error.fault.contains(words), "{error}");
        }
    }
}
