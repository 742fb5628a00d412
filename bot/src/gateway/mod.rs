//! Discord in. serenity connects ([`session`], kept alive by [`crate::supervisor`]); its events pass in
//! their order through one channel ([`handler`]) to [`intake`], which publishes what was said and hands on
//! what asks.

mod edits;
mod handler;
mod intake;
mod link;
pub(crate) mod message;
mod places;
pub(crate) mod session;
mod storm;
pub(crate) mod topology;

pub(crate) use handler::{Heard, Listener};
pub(crate) use intake::{Intake, Tools};
pub(crate) use link::Link;
pub(crate) use message::{asks, instant, name_of};
pub(crate) use places::{is_channel_with_threads, is_own_thread, name_in, parent_of, public_parent_of};
