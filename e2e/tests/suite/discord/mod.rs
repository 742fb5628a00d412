//! People's actions on Discord, through the whole system over a real bus: on one machine, and over Kafka and Qdrant.

mod ends;
mod gaps;
mod instances;
mod leaving;
mod removal;
mod streaming;
mod threads;
