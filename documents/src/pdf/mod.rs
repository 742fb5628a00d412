//! The text of a PDF, page by page from the operators that show it, with line breaks and spaces where they move on.
//!
//! Hostile files are expected: this module bounds the size of an unpacked stream, and the limits of the process bound
//! the rest of the parser's work, see [`super::child`]. Not read: drawn or scanned text, form objects, and
//! encrypted files.

mod page;

use super::Skipped;
use lopdf::{Document, LoadOptions, ObjectId};
use page::PageReader;

/// The most pages that are read.
const MAX_PAGES: usize = 500;
/// The most bytes that one stream may unpack to: a page's content, a font's table of characters.
const MAX_STREAM_BYTES: usize = 2 << 20;

/// The text of each page, until they have `max_text_bytes` together.
pub(super) fn pages(bytes: &[u8], max_text_bytes: usize) -> Result<impl Iterator<Item = String>, Skipped> {
    if !bytes.starts_with(b"%PDF-") {
        return Err(Skipped::Binary);
    }
    let options = LoadOptions::with_max_decompressed_size(MAX_STREAM_BYTES);
    let document = Document::load_mem_with_options(bytes, options).map_err(|_| Skipped::Unreadable)?;
    // Without a password, an encrypted document keeps its key or its trailer's entry.
    if document.is_encrypted() || document.encryption_state.is_some() {
        return Err(Skipped::Unreadable);
    }
    let ids: Vec<ObjectId> = document.page_iter().take(MAX_PAGES).collect();
    let (mut ids, mut length) = (ids.into_iter(), 0);
    Ok(std::iter::from_fn(move || {
        if length >= max_text_bytes {
            return None;
        }
        // One bad page does not spoil the others.
        let page = ids.find_map(|id| PageReader::read(&document, id, MAX_STREAM_BYTES, max_text_bytes))?;
        length += page.len();
        Some(page.trim().to_owned())
    }))
}

#[cfg(test)]
mod tests;
