//! The walls of the house, read from the sources: arrows between the modules of a crate point one way, and each library
//! for a foreign world is known in its rooms only.

mod rings;
mod source;
mod worlds;
