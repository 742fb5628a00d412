#![doc = include_str!("../README.md")]

mod child;
mod decode;
mod kind;
mod passages;
mod pdf;
mod pool;
mod pretty;
mod skipped;
mod text;

pub use child::run_as_reader;
pub use kind::DocumentKind;
pub use pool::ReaderPool;
pub use skipped::Skipped;

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The passages in the order of the text.
    pub passages: Vec<String>,
    /// Whether the file has more text than the passages.
    pub truncated: bool,
}
