//! What failures mean, and how to live with them.

mod backoff;
mod breaker;
mod class;
mod retry;

pub use backoff::Backoff;
pub use breaker::{Breaker, BreakerPolicy, Pass};
pub use class::{Class, Classify};
pub use retry::retry;
