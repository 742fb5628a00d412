//! Whether the bot hears Discord: which shards are connected, for readiness and for the metrics.

use serenity::model::id::ShardId;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What is known of the connection, shared by all who tell it and all who ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    connected: BTreeSet<ShardId>,
    expected: BTreeSet<ShardId>,
}

impl Link {
    /// A shard came up, or went away.
    pub(crate) fn shard(&self, shard: ShardId, is_up: bool) {
        let mut state = self.state();
        if is_up {
            state.connected.insert(shard);
        } else {
            state.connected.remove(&shard);
        }
        state.show();
    }

    /// These shards are this process's.
    pub(crate) fn expect(&self, shards: impl Iterator<Item = u32>) {
        let mut state = self.state();
        state.expected = shards.map(ShardId).collect();
        state.show();
    }

    /// No shard is connected any more.
    pub(crate) fn lost(&self) {
        let mut state = self.state();
        state.connected.clear();
        state.show();
    }

    /// An error, unless every shard of this process is connected.
    pub(crate) fn check(&self) -> Result<(), String> {
        let state = self.state();
        match (state.connected.len(), state.expected.len()) {
            (0, _) => Err("not connected to Discord".to_owned()),
            (connected, expected) if connected < expected => {
                let missing: Vec<_> = state.expected.difference(&state.connected).map(ToString::to_string).collect();
                Err(format!("{connected} of {expected} shards are connected, not {}", missing.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn show(&self) {
        let number = |count| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        metrics::gauge!("rtfm_discord_shards_connected").set(number(self.connected.len()));
        metrics::gauge!("rtfm_discord_shards").set(number(self.expected.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_that_every_shard_is_connected() {
        let link = Link::default();
        assert_eq!(link.check().unwrap_err(), "not connected to Discord");
        link.expect([4, 6].into_iter());
        link.shard(ShardId(4), true);
        assert_eq!(link.check().unwrap_err(), "1 of 2 shards are connected, not 6");
        link.shard(ShardId(6), true);
        assert!(link.check().is_ok());
        link.shard(ShardId(4), false);
        assert!(link.check().is_err());
        link.lost();
        assert_eq!(link.check().unwrap_err(), "not connected to Discord");
    }
}
