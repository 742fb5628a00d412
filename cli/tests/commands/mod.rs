//! Every command: its output, its effects, and its exit code.

mod access;
mod ask;
mod data_directory;
mod demo;
mod dlq;
mod doctor;
mod eval;
mod import;
mod kafka;
mod reindex;
mod search;
pub(crate) mod settings;
mod status;
mod terminal;
mod topics;
mod up;
mod usage;
