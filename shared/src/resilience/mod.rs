//! Classes of failures, retries and the circuit breaker.

mod backoff;
mod breaker;
mod class;
mod retry;

pub use backoff::Backoff;
pub use breaker::{Breaker, BreakerPermit, BreakerPolicy};
pub use class::{Class, Classify};
pub use retry::retry;
