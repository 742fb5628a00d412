//! Discord in. Each shard of the gateway is kept connected by a task of its own ([`shard`], begun by
//! [`crate::supervisor`]), which decodes its events with serenity's types, keeps serenity's cache up to date
//! ([`dispatch`]) and passes what matters in its order through one channel to [`intake`], which publishes what was
//! said and hands on what asks.
//!
//! The connections are our own because serenity's shard runner spins without giving way after some closes, begins
//! a new session where the old one could be resumed, and reconnects without a pause.

mod chance;
mod content;
mod dispatch;
mod edits;
mod happening;
mod intake;
mod link;
pub(crate) mod message;
mod places;
mod recent;
mod remember;
mod shard;
mod shards;
mod thread;
mod times;
pub(crate) mod topology;

pub(crate) use content::Content;
pub(crate) use dispatch::Ear;
pub(crate) use happening::Heard;
pub(crate) use intake::{Intake, Tools};
pub(crate) use link::{Hearing, Link};
pub(crate) use message::{asks, instant, name_of};
pub(crate) use places::{
    Place, is_channel_with_threads, is_own_thread, name_in, parent_of, public_parent_of, public_thread_of,
};
pub(crate) use shard::{Identify, Pace, Refusal, Shard};
pub(crate) use thread::Thread;

pub use shards::Shards;
pub use times::GatewayTimes;
