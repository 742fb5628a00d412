//! The text of a PDF. What people upload may be made to harm: everything is bounded, and what goes beyond a
//! bound makes the file unreadable rather than expensive.
//!
//! Text is read page by page from the operators that show it, with line breaks and spaces where it moves on.
//! Not read: what is only drawn or scanned, what stands in form objects, and encrypted files.

mod guard;
mod page;

use super::Skipped;
use lopdf::{Document, LoadOptions};
use page::Page;
use std::time::Instant;

/// Pages that are read.
const PAGES: usize = 500;
/// The most bytes that one stream may unpack to: a page's content, a font's table of characters.
const STREAM: usize = 2 << 20;

/// The text of a PDF, some `enough` bytes of it, and not after `end`.
pub(super) fn text(bytes: &[u8], enough: usize, end: Instant) -> Result<String, Skipped> {
    if !bytes.starts_with(b"%PDF-") {
        return Err(Skipped::Binary);
    }
    if guard::names_encryption(bytes) {
        return Err(Skipped::Unreadable);
    }
    let options = LoadOptions { filter: Some(guard::admit), ..LoadOptions::with_max_decompressed_size(STREAM) };
    let document = guard::within(end, || Document::load_mem_with_options(bytes, options))?;
    let document = document.map_err(|_| Skipped::Unreadable)?;
    let mut text = String::new();
    for page in document.page_iter().take(PAGES) {
        if Instant::now() >= end {
            return Err(Skipped::Slow);
        }
        // One bad page does not spoil the others.
        if let Some(page) = Page::read(&document, page, STREAM, enough, end) {
            text.push_str(page.trim());
            text.push_str("\n\n");
        }
        if text.len() >= enough {
            break;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
