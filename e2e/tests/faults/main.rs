//! What people said and asked survives everything that goes wrong beneath: the real binaries as separate
//! processes over a real Kafka, killed, frozen, cut off and sent away. `make test-kafka` runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bots;
mod broker;
mod farewell;
mod store;
mod storm;
mod whole;
mod wrong;
