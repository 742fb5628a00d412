//! Pretty-prints JSON, so that passages are cut between values.

use std::io::{self, Write};

/// The JSON with one value per line, cut after `limit` bytes because deep nesting produces much white space. `None` if
/// the text is not JSON.
pub(super) fn pretty(text: &str, limit: usize) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let mut writer = BoundedWriter { bytes: Vec::new(), limit };
    // Writing fails only when the limit is reached.
    let whole = serde_json::to_writer_pretty(&mut writer, &value).is_ok();
    let end = if whole { writer.bytes.len() } else { writer.bytes.iter().rposition(|byte| *byte == b'\n')? };
    writer.bytes.truncate(end);
    String::from_utf8(writer.bytes).ok()
}

/// Collects bytes, and fails when there would be more than the limit.
struct BoundedWriter {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for BoundedWriter {
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
    fn each_value_has_its_line() {
        let text = pretty(r#"{"port": 8080, "hosts": ["a", "ü"]}"#, 1_000).unwrap();
        assert!(text.lines().any(|line| line.trim() == r#""port": 8080"#) && text.contains("\"ü\""), "{text}");
        assert_eq!(pretty("{no json", 1_000), None);
    }

    #[test]
    fn deep_nesting_stops_at_the_limit() {
        let deep = format!("{}{}{}", "[".repeat(120), vec!["1"; 100_000].join(","), "]".repeat(120));
        let text = pretty(&deep, 10_000).unwrap();
        assert!((9_000..=10_000).contains(&text.len()));
        assert_eq!(pretty(&"[".repeat(1_000_000), 10_000), None, "JSON beyond the parser's depth limit");
    }
}
