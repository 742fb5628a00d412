//! A whole RTFM to test. In one process: fake Discord, fake Gemini, the real bot and the real processor between
//! them ([`World`]). As it is deployed: the real binaries as separate processes over a real Kafka
//! ([`Deployment`]), to be killed and cut off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod audit;
mod backends;
mod chance;
mod collections;
mod crowd;
mod deployment;
mod instance;
mod kafka;
mod service;
mod world;

pub use backends::{Backends, PATIENCE};
pub use chance::Chance;
pub use crowd::Crowd;
pub use deployment::{Deployment, StoreChoice};
pub use instance::Instance;
pub use kafka::TestKafka;
pub use service::Service;
pub use world::World;
