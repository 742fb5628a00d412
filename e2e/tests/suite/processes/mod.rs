//! The real binaries as separate processes over a real Kafka, killed, frozen, cut off and terminated, lose no message
//! and no question. `make test-kafka` runs these tests.

mod bots;
mod broker;
mod farewell;
mod store;
mod storm;
mod whole;
mod wrong;
