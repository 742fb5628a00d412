//! The bot: Discord in, Discord out. It publishes what people say, turns what they ask into queries with
//! the scope that their channel allows, and makes responses appear where they were asked for.
//!
//! It talks to the rest of the system over the bus alone, keeps nothing that must survive a restart, and
//! any number of instances may run: whichever gets a response shows it.

pub mod access;
mod ask;
mod backfill;
mod buttons;
mod commands;
mod config;
mod error;
mod forgetting;
mod gateway;
mod guilds;
mod history;
mod leavers;
mod meters;
mod probe;
mod publish;
mod quota;
mod refused;
mod reply;
mod rest;
mod service;
mod supervisor;
mod trigger;

pub use config::BotConfig;
pub use error::BotError;
pub use gateway::{GatewayTimes, Shards};
pub use probe::{Application, probe};
pub use service::{ANSWERS_GROUP, Bot, GLIMPSES_GROUP, run};
