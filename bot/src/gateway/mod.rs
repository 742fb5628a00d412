//! The connection to Discord. [`supervisor`] keeps the shards of this process running, each in a task of its own
//! ([`shard`]) on a thread of its own ([`thread`]). A shard's events update the cache ([`cache_update`]); those that
//! the bot acts on become [`GatewayEvent`]s and go in order through one channel to the intake ([`dispatch`]).
//!
//! The connections are our own because serenity's shard runner spins without yielding after some closes, begins a new
//! session where the old one could be resumed, and reconnects without a pause.

mod cache_update;
mod chance;
mod content;
mod dispatch;
mod event;
mod shard;
mod shards;
mod status;
mod supervisor;
mod thread;
mod times;

pub(crate) use content::ContentAccess;
pub(crate) use dispatch::{CONNECTION_KINDS, events};
pub(crate) use event::{EventWithCache, GatewayEvent};
pub(crate) use status::{GuildReach, ShardStatus};
pub(crate) use supervisor::Supervisor;

pub use shards::Shards;
pub use times::GatewayTimes;
