//! The processor: keeps what is said (`index`) and answers questions about it (`answer`),
//! which rest on what is found (`look`, by way of `question` and `retrieve`).

pub mod answer;
mod config;
pub mod index;
mod metric_catalogue;
mod retention;
mod service;

pub use config::ProcessorConfig;
pub use service::{ANSWER_GROUP, INDEX_GROUP, Processor, ProcessorError};
