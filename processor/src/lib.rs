#![doc = include_str!("../README.md")]

pub mod answer;
mod config;
pub mod index;
mod metric_catalogue;
mod retention;
mod service;

pub use config::ProcessorConfig;
pub use rtfm_shared::bus::access::{ANSWER_GROUP, INDEX_GROUP};
pub use service::{Processor, ProcessorError, SearchableStore};
