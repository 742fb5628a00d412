//! The bot: Discord in, Discord out.

mod access;
mod config;
mod error;
mod reply;
mod trigger;

pub use config::BotConfig;
pub use error::BotError;
