//! Bytes to passages, off the async threads and a few files at a time.

use crate::{Kind, Skipped, text, workshop::Workshop};
use std::time::Instant;

/// The passages of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The passages, in order.
    pub passages: Vec<String>,
    /// Whether the file has more passages than the limit allows.
    pub cut: bool,
}

/// Reads files. Clones share one limit of files at a time.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    workshop: Workshop,
}

impl Reader {
    /// Reads at most `max_passages` passages of a file; parsing stops at `deadline`.
    pub async fn read(
        &self,
        kind: Kind,
        bytes: Vec<u8>,
        max_passages: usize,
        deadline: Instant,
    ) -> Result<Reading, Skipped> {
        self.workshop.run(move || text::read(kind, &bytes, max_passages, deadline)).await
    }
}
