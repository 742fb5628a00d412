//! The bot: Discord in, Discord out. It publishes what people write, turns what they ask into queries with the scope
//! that their channel allows, and shows responses where they were asked for.
//!
//! It talks to the rest of the system over the bus alone, keeps nothing that must survive a restart, and any number of
//! instances may run: the one that gets a response shows it.
//!
//! Each room uses only those before it: `discord` (ids, permissions, requests), `gateway` (the connection), `publish`
//! (events onto the bus) and `reply` (answers out), `admission` (limits), `ask` (questions in), `catch_up` (what the
//! gateway did not deliver), `buttons` and `commands`, `intake` (events in), `service` (all of it).

mod admission;
mod ask;
mod buttons;
mod catch_up;
mod commands;
mod config;
mod discord;
mod error;
mod gateway;
mod intake;
mod meters;
mod probe;
mod publish;
mod refused;
mod reply;
mod service;
mod tasks;

pub use config::BotConfig;
pub use discord::access;
pub use error::BotError;
pub use gateway::{GatewayTimes, Shards};
pub use probe::{Application, probe};
pub use service::{Bot, run};
