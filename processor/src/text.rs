//! Small things to do with the words of messages.

/// At most `limit` characters of a text on one line, cut at a word where there is one near the end.
pub(crate) fn excerpt(text: &str, limit: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= limit {
        return line;
    }
    let cut: String = line.chars().take(limit.saturating_sub(1)).collect();
    let shorter = match cut.rfind(' ') {
        Some(space) if space * 2 > cut.len() => cut.get(..space).unwrap_or(&cut),
        _ => &cut,
    };
    format!("{}…", shorter.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_cut_at_a_word() {
        assert_eq!(excerpt("one\n two", 20), "one two");
        assert_eq!(excerpt("the quick brown fox", 13), "the quick…");
        assert_eq!(excerpt("ééééééé", 4), "ééé…");
    }
}
