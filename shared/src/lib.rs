//! The language and the roads of RTFM: the events that travel between its services, the bus they
//! travel on, the loop that consumes them safely, and what every service needs to be operated.
//!
//! Nothing in here knows Discord, Gemini or a vector store.

pub mod asked;
pub mod bus;
pub mod calendar;
pub mod client;
pub mod config;
pub mod dead_letters;
pub mod event;
pub mod health;
pub mod resilience;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
pub mod text;
pub mod worker;
