#![doc = include_str!("../README.md")]

mod decode;
mod kind;
mod passages;
mod pdf;
mod pretty;
mod reader;
mod skipped;
mod text;
mod workshop;

pub use kind::Kind;
pub use reader::{Reader, Reading};
pub use skipped::Skipped;
