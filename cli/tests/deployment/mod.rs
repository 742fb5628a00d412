//! The files of a deployment: the compose files, the entrypoint, the Makefile and the scripts.

mod broker;
mod compose;
mod entrypoint;
mod makefile;
mod pinned;
mod rendered;
mod test_kafka;
mod yaml;

use std::path::{Path, PathBuf};

/// The repository's root directory.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Reads a file of the repository.
fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
