//! Handles on what is in the world: people who act, guilds and channels that can be changed.

mod channel;
mod guild;
mod interaction;
mod user;

pub use channel::Channel;
pub use guild::Guild;
pub use interaction::InteractionHandle;
pub use user::User;
