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
    shards: usize,
}

impl Link {
    /// A shard came up, or went away.
    pub(crate) fn shard(&self, shard: ShardId, is_up: bool) {
        let mut state = self.state();
        if is_up {
            state.connected.insert(shard);
            state.shards = state.shards.max(state.connected.len());
        } else {
            state.connected.remove(&shard);
        }
        state.show();
    }

    /// All shards as they are.
    pub(crate) fn set(&self, connected: impl Iterator<Item = ShardId>, shards: usize) {
        let mut state = self.state();
        *state = State { connected: connected.collect(), shards };
        state.show();
    }

    /// The session ended, and every shard with it.
    pub(crate) fn lost(&self) {
        let shards = self.state().shards;
        self.set(std::iter::empty(), shards);
    }

    /// An error, unless every shard is connected.
    pub(crate) fn check(&self) -> Result<(), String> {
        let state = self.state();
        match (state.connected.len(), state.shards) {
            (0, _) => Err("not connected to Discord".to_owned()),
            (connected, shards) if connected < shards => Err(format!("{connected} of {shards} shards are connected")),
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
        metrics::gauge!("rtfm_discord_shards").set(number(self.shards));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_that_every_shard_is_connected() {
        let link = Link::default();
        assert_eq!(link.check().unwrap_err(), "not connected to Discord");
        link.shard(ShardId(0), true);
        assert!(link.check().is_ok());
        link.set([ShardId(0)].into_iter(), 2);
        assert_eq!(link.check().unwrap_err(), "1 of 2 shards are connected");
        link.shard(ShardId(1), true);
        assert!(link.check().is_ok());
        link.shard(ShardId(0), false);
        assert!(link.check().is_err());
        link.lost();
        assert_eq!(link.check().unwrap_err(), "not connected to Discord");
    }
}
