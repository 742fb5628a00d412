//! Which shards are connected: for readiness, for metrics, and for questions that rely on what the cache has of a
//! guild.

use super::Shards;
use parking_lot::Mutex;
use serenity::{
    model::id::{GuildId, ShardId},
    utils::shard_id,
};
use std::{collections::BTreeSet, sync::Arc};

/// The shards of this process, and which of them are connected. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShardStatus {
    state: Arc<Mutex<ShardSets>>,
}

#[derive(Debug, Default)]
struct ShardSets {
    connected: BTreeSet<ShardId>,
    expected: BTreeSet<ShardId>,
    /// The shards of all processes.
    count: u32,
}

/// Whether this process receives the events of a guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GuildReach {
    /// The cache is up to date.
    Connected,
    /// The cache may be stale.
    Disconnected,
    /// Another process receives them.
    OtherProcess,
}

impl ShardStatus {
    /// A shard came up, or went away.
    pub(crate) fn set_connected(&self, shard: ShardId, is_connected: bool) {
        let mut state = self.state.lock();
        if is_connected {
            state.connected.insert(shard);
        } else {
            state.connected.remove(&shard);
        }
        state.show();
    }

    /// These shards are this process's.
    pub(crate) fn expect(&self, shards: &Shards) {
        let mut state = self.state.lock();
        state.expected = shards.ids().map(ShardId).collect();
        state.count = shards.count();
        state.show();
    }

    /// No shard is connected any more.
    pub(crate) fn disconnect_all(&self) {
        let mut state = self.state.lock();
        state.connected.clear();
        state.show();
    }

    /// Whether this process receives the events of a guild.
    pub(crate) fn reach(&self, guild: GuildId) -> GuildReach {
        let state = self.state.lock();
        if state.count == 0 {
            return GuildReach::Disconnected;
        }
        let shard = ShardId(shard_id(guild, state.count));
        match (state.expected.contains(&shard), state.connected.contains(&shard)) {
            (false, _) => GuildReach::OtherProcess,
            (true, true) => GuildReach::Connected,
            (true, false) => GuildReach::Disconnected,
        }
    }

    /// Whether other processes serve some of the bot's guilds.
    pub(crate) fn is_divided(&self) -> bool {
        let state = self.state.lock();
        state.expected.len() < usize::try_from(state.count).unwrap_or(usize::MAX)
    }

    /// An error, unless every shard of this process is connected.
    pub(crate) fn check(&self) -> Result<(), String> {
        let state = self.state.lock();
        match (state.connected.len(), state.expected.len()) {
            (0, _) => Err("not connected to Discord".to_owned()),
            (connected, expected) if connected < expected => {
                let missing: Vec<_> = state.expected.difference(&state.connected).map(ToString::to_string).collect();
                Err(format!("{connected} of {expected} shards are connected, not {}", missing.join(", ")))
            }
            _ => Ok(()),
        }
    }
}

impl ShardSets {
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
        let status = ShardStatus::default();
        assert_eq!(status.check().unwrap_err(), "not connected to Discord");
        let guild = |shard: u64| GuildId::new((8 + shard) << 22);
        assert_eq!((status.reach(guild(4)), status.is_divided()), (GuildReach::Disconnected, false));
        status.expect(&Shards::parse(Some("4,6"), Some("8")).unwrap().unwrap());
        status.set_connected(ShardId(4), true);
        assert_eq!(status.check().unwrap_err(), "1 of 2 shards are connected, not 6");
        assert_eq!(
            [4, 6, 5].map(|shard| status.reach(guild(shard))),
            [GuildReach::Connected, GuildReach::Disconnected, GuildReach::OtherProcess]
        );
        assert!(status.is_divided());
        status.set_connected(ShardId(6), true);
        assert!(status.check().is_ok());
        status.set_connected(ShardId(4), false);
        assert!(status.check().is_err());
        assert_eq!(status.reach(guild(4)), GuildReach::Disconnected);
        status.expect(&Shards::all(2));
        assert!(!status.is_divided());
        status.disconnect_all();
        assert_eq!(status.check().unwrap_err(), "not connected to Discord");
    }
}
