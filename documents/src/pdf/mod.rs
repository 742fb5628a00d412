//! The text of a PDF, page by page from the operators that show it, with line breaks and spaces where it moves on.
//!
//! Hostile files are expected: a stream may unpack to so much only, and whatever else a file makes the parser do is
//! bounded by the limits of the process, see [`super::child`]. Not read: drawn or scanned text, form objects, and
//! encrypted files.

mod page;

use super::Skipped;
use lopdf::{Document, LoadOptions, ObjectId};
use page::PageReader;

/// Pages that are read.
const PAGES: usize = 500;
/// The most bytes that one stream may unpack to: a page's content, a font's table of characters.
const STREAM: usize = 2 << 20;

/// The text of each page, up to some `enough` bytes together.
pub(super) fn pages(bytes: &[u8], enough: usize) -> Result<impl Iterator<Item = String>, Skipped> {
    if !bytes.starts_with(b"%PDF-") {
        return Err(Skipped::Binary);
    }
    let options = LoadOptions::with_max_decompressed_size(STREAM);
    let document = Document::load_mem_with_options(bytes, options).map_err(|_| Skipped::Unreadable)?;
    // Without a password, an encrypted document keeps its key or its trailer's entry.
    if document.is_encrypted() || document.encryption_state.is_some() {
        return Err(Skipped::Unreadable);
    }
    let ids: Vec<ObjectId> = document.page_iter().take(PAGES).collect();
    let (mut ids, mut length) = (ids.into_iter(), 0);
    Ok(std::iter::from_fn(move || {
        if length >= enough {
            return None;
        }
        // One bad page does not spoil the others.
        let page = ids.find_map(|id| PageReader::read(&document, id, STREAM, enough))?;
        length += page.len();
        Some(page.trim().to_owned())
    }))
}

#[cfg(test)]
mod tests;
