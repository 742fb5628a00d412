//! Every test of the contract, the buses, the worker and the client, in one binary. Tests that set up the process-wide
//! telemetry (`operating`) or share a secured broker (`kafka_secure`) have a binary of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod asked;
mod bus_contract;
mod bus_kafka;
mod bus_local;
mod bus_local_processes;
mod bus_memory;
mod client;
mod dead_letters;
mod envelope;
mod http_server;
mod kafka;
mod mutations;
mod schemas;
mod settings;
mod signals;
mod worker;
