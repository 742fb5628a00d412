//! The client for other programs, on the local bus, on a real Kafka broker, and on a bus whose faults are scripted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answering;
mod contract;
mod faults;
mod publishing;
mod world;
