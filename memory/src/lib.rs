#![doc = include_str!("../README.md")]

mod metric_catalogue;
pub mod query;
pub mod retrieval;
pub mod store;
pub mod text;
pub mod visibility;

pub use metric_catalogue::describe_metrics;
