//! What RTFM's services share: the events, the bus that carries them, the worker loop that consumes them, and what
//! every service needs to be operated.
//!
//! It does not know Discord, language models or vector stores.
#![allow(
    missing_docs,
    reason = "a name that says everything needs no comment; shapes, units and errors are documented"
)]

pub mod bus;
pub mod calendar;
pub mod client;
pub mod config;
pub mod dead_letters;
pub mod event;
pub mod health;
mod metric_catalogue;
pub mod question_log;
pub mod resilience;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
pub mod text;
pub mod worker;
