//! Everything that goes wrong on the way to Discord's gateway, with a real bot: what the gateway still has is not
//! lost, nothing is posted twice, a question asked afterwards is answered, and neither CPU time nor connections
//! are burnt meanwhile.

mod closes;
mod degraded;
mod limits;
mod scene;
mod sessions;
mod sharding;
mod silence;
mod split;
mod storms;
pub(crate) mod thread;

pub(crate) use scene::quick;
pub(crate) use sharding::{channel_on, connected, guild_on, shard, two_shards};
