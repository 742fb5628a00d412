//! The processor: keeps what is said (`index`) and answers questions about it (`answer`),
//! which rest on what is found (`look`, by way of `question` and `retrieve`).

pub mod answer;
pub mod attachments;
mod config;
pub mod embed;
pub mod gemini;
pub mod index;
mod keeper;
pub mod llm;
pub mod look;
mod meters;
mod question;
pub mod retrieve;
mod service;
pub mod store;
mod text;

pub use config::ProcessorConfig;
pub use service::{ANSWER_GROUP, INDEX_GROUP, Processor, ProcessorError};
