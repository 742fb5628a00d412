#![doc = include_str!("../README.md")]

pub mod answer;
mod config;
pub mod index;
mod metric_catalogue;
mod retention;
mod service;

pub use config::ProcessorConfig;
pub use service::{ANSWER_GROUP, INDEX_GROUP, Processor, ProcessorError, SearchableStore};
