//! JSON as people read it.

use std::io::{self, Write};

/// The same JSON with one thing a line, as far as `limit` bytes go; none for what is no JSON. Deep nesting makes
/// much white space, hence the limit.
pub(super) fn pretty(text: &str, limit: usize) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let mut page = Page { bytes: Vec::new(), limit };
    // It fails only when the page is full.
    let whole = serde_json::to_writer_pretty(&mut page, &value).is_ok();
    let end = if whole { page.bytes.len() } else { page.bytes.iter().rposition(|byte| *byte == b'\n')? };
    page.bytes.truncate(end);
    String::from_utf8(page.bytes).ok()
}

struct Page {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Page {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.limit {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_its_line() {
        let text = pretty(r#"{"port": 8080, "hosts": ["a", "ü"]}"#, 1_000).unwrap();
        assert!(text.lines().any(|line| line.trim() == r#""port": 8080"#) && text.contains("\"ü\""), "{text}");
        assert_eq!(pretty("{no json", 1_000), None);
    }

    #[test]
    fn deep_nesting_makes_no_flood() {
        let deep = format!("{}{}{}", "[".repeat(120), vec!["1"; 100_000].join(","), "]".repeat(120));
        let text = pretty(&deep, 10_000).unwrap();
        assert!((9_000..=10_000).contains(&text.len()));
        assert_eq!(pretty(&"[".repeat(1_000_000), 10_000), None, "deeper than anybody means");
    }
}
