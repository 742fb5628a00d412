//! The bot: Discord in, Discord out.

mod access;
mod config;
mod error;
mod trigger;

pub use config::BotConfig;
pub use error::BotError;
