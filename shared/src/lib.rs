//! What RTFM's services share: the events, the bus that carries them, the worker loop that consumes them, and what
//! every service needs to be operated.
//!
//! It knows Discord's ids, guilds and markdown, but no Discord library, no language model and no store.
#![allow(
    missing_docs,
    reason = "a name that says everything needs no comment; shapes, units and errors are documented"
)]

pub mod bus;
pub mod client;
pub mod config;
pub mod dead_letters;
pub mod event;
pub mod health;
pub mod http_server;
pub mod language;
mod metric_catalogue;
pub mod private_files;
pub mod question_log;
pub mod resilience;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
pub mod text;
pub mod worker;
