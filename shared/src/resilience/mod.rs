//! What failures mean, and how to live with them.

mod class;

pub use class::{Class, Classify};
