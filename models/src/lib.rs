#![doc = include_str!("../README.md")]

pub mod embed;
pub mod gemini;
pub mod llm;
mod metric_catalogue;

pub use metric_catalogue::describe_metrics;
