//! The statements of a document, and the rows of the table about them.

use serde_json::Value;

/// A row of the table.
pub(super) struct Promise {
    pub(super) document: String,
    /// The words of the document, in one line.
    pub(super) says: String,
    /// The tests that prove it, as `path::name`.
    pub(super) by: Vec<String>,
    /// Why no test can prove it.
    pub(super) because: String,
}

impl Promise {
    pub(super) fn read(row: &Value) -> Self {
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let by = row["by"].as_array().into_iter().flatten().map(|test| test.as_str().unwrap().to_owned()).collect();
        Self { document: field("in"), says: field("says"), by, because: field("because") }
    }
}

/// A text in one line.
pub(super) fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The paragraphs, list items and rows of a document in Markdown, each in one line, without headings, tables' heads and
/// the list of contents.
pub(super) fn statements(document: &str) -> Vec<String> {
    let lines: Vec<&str> = document.lines().collect();
    let mut statements = vec![String::new()];
    for (n, line) in lines.iter().enumerate() {
        let is_head = line.starts_with('|') && lines.get(n + 1).is_some_and(|next| next.starts_with("|--"));
        let is_other = is_head
            || line.starts_with("|--")
            || line.starts_with('#')
            || line.contains("](#") && line.starts_with("- [");
        if line.trim().is_empty() || is_other {
            statements.push(String::new());
            continue;
        }
        if line.starts_with('|') || line.starts_with("- ") {
            statements.push(String::new());
        }
        if let Some(last) = statements.last_mut() {
            last.push_str(line);
            last.push(' ');
        }
    }
    statements.iter().map(|statement| joined(statement)).filter(|statement| !statement.is_empty()).collect()
}

#[test]
fn a_document_is_split_into_paragraphs_items_and_rows() {
    let document =
        "# A\n- [B](#b)\n\none\ntwo. Three\n\n| a | b |\n|---|---|\n| c | d |\n| e | f |\n- g\n  h\n- [i](j)\n";
    assert_eq!(statements(document), ["one two. Three", "| c | d |", "| e | f |", "- g h", "- [i](j)"]);
}
