//! Handles on the world: users who act, and guilds and channels that a test changes.

mod channel;
mod guild;
mod interaction;
mod user;

pub use channel::Channel;
pub use guild::Guild;
pub use interaction::InteractionHandle;
pub use user::User;
