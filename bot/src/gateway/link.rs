//! Whether the bot hears Discord: which shards are connected, for readiness, for the metrics, and for whoever is about
//! to rely on what is known of a guild.

use super::Shards;
use serenity::{
    model::id::{GuildId, ShardId},
    utils::shard_id,
};
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
    /// The shards of all processes.
    count: u32,
}

/// Whether this process hears a guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// What is known of it is of now.
    Now,
    /// What is known of it may be old.
    NotNow,
    /// Another process hears it.
    Elsewhere,
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
    pub(crate) fn expect(&self, shards: &Shards) {
        let mut state = self.state();
        state.expected = shards.ids().map(ShardId).collect();
        state.count = shards.count();
        state.show();
    }

    /// No shard is connected any more.
    pub(crate) fn lost(&self) {
        let mut state = self.state();
        state.connected.clear();
        state.show();
    }

    /// Whether a guild is heard.
    pub(crate) fn hears(&self, guild: GuildId) -> Hearing {
        let state = self.state();
        if state.count == 0 {
            return Hearing::NotNow;
        }
        let shard = ShardId(shard_id(guild, state.count));
        match (state.expected.contains(&shard), state.connected.contains(&shard)) {
            (false, _) => Hearing::Elsewhere,
            (true, true) => Hearing::Now,
            (true, false) => Hearing::NotNow,
        }
    }

    /// Whether other processes serve some of the bot's guilds.
    pub(crate) fn is_divided(&self) -> bool {
        let state = self.state();
        state.expected.len() < usize::try_from(state.count).unwrap_or(usize::MAX)
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
        let guild = |shard: u64| GuildId::new((8 + shard) << 22);
        assert_eq!((link.hears(guild(4)), link.is_divided()), (Hearing::NotNow, false));
        link.expect(&Shards::parse(Some("4,6"), Some("8")).unwrap().unwrap());
        link.shard(ShardId(4), true);
        assert_eq!(link.check().unwrap_err(), "1 of 2 shards are connected, not 6");
        assert_eq!(
            [4, 6, 5].map(|shard| link.hears(guild(shard))),
            [Hearing::Now, Hearing::NotNow, Hearing::Elsewhere]
        );
        assert!(link.is_divided());
        link.shard(ShardId(6), true);
        assert!(link.check().is_ok());
        link.shard(ShardId(4), false);
        assert!(link.check().is_err());
        assert_eq!(link.hears(guild(4)), Hearing::NotNow);
        link.expect(&Shards::all(2));
        assert!(!link.is_divided());
        link.lost();
        assert_eq!(link.check().unwrap_err(), "not connected to Discord");
    }
}
