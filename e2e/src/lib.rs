//! A whole RTFM to test. In one process: fake Discord, fake Gemini, the real bot and the real processor between
//! them ([`World`]). As it is deployed: the real binaries as separate processes over a real Kafka
//! ([`Deployment`]), to be killed and cut off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod audit;
mod chance;
mod collections;
mod crowd;
mod deployment;
mod ground;
mod instance;
mod roads;
mod service;
mod world;

pub use chance::Chance;
pub use crowd::Crowd;
pub use deployment::{Deployment, Keeping};
pub use ground::{Ground, PATIENCE};
pub use instance::Instance;
pub use roads::Roads;
pub use service::Service;
pub use world::World;
