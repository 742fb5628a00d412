//! What people do on Discord, through the whole system with the real bus: on one machine, and over Kafka and Qdrant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ends;
mod gaps;
mod instances;
mod kept;
mod leaving;
mod removal;
mod streaming;
mod threads;
