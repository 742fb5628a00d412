//! What the bot knows of Discord, below the connection: ids and times ([`ids`]), who may see what ([`access`], pure,
//! with [`snapshot`] as its view of the cache), channels ([`channels`]), messages ([`message`], [`trigger`]), markdown,
//! and requests ([`rest`], with [`accept`] for interactions and [`retry`]). Every other room uses this one.

pub(crate) mod accept;
pub mod access;
pub(crate) mod channels;
pub(crate) mod ids;
pub(crate) mod markdown;
pub(crate) mod message;
pub(crate) mod model;
pub(crate) mod rest;
pub(crate) mod retry;
pub(crate) mod snapshot;
pub(crate) mod trigger;
