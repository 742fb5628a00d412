//! The one scanner for code in Discord's markdown, which differs from CommonMark: a fence may open and close inside a line,
//! and one that never closes goes to the end of the message.

use std::ops::Range;

/// The longest name of a language, in characters.
const LONGEST_LANGUAGE: usize = 32;

/// Code in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSpan {
    /// With its backticks.
    pub range: Range<usize>,
    /// The line that opens it when it is a fence: the backticks and the language.
    pub fence: Option<String>,
}

/// The code in a text, in order. A fence that is never closed goes to the end; a lone backtick is text.
pub fn code_spans(text: &str) -> Vec<CodeSpan> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find('`')).map(|offset| at + offset) {
        let ticks = run(text, start);
        let inner = start + ticks;
        match closing(text, inner, ticks) {
            Some(end) => found.push(CodeSpan { range: start..end, fence: opening(text, start, ticks) }),
            None if ticks >= 3 => found.push(CodeSpan { range: start..text.len(), fence: opening(text, start, ticks) }),
            None => {}
        }
        at = found.last().filter(|code| code.range.start == start).map_or(inner, |code| code.range.end);
    }
    found
}

/// The number of backticks at `at`.
fn run(text: &str, at: usize) -> usize {
    text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start_matches('`').len())
}

/// Where the code that opened with so many backticks ends.
fn closing(text: &str, from: usize, ticks: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find('`')?;
        let found = run(text, start);
        if found == ticks || (ticks >= 3 && found >= 3) {
            return Some(start + found);
        }
        at = start + found;
    }
}

fn opening(text: &str, start: usize, ticks: usize) -> Option<String> {
    if ticks < 3 {
        return None;
    }
    let line = text.get(start..)?.lines().next()?;
    let language = line.trim_start_matches('`');
    // "```one line```" has no language, and "```words here" is content, as is a line longer than any name.
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || "_+.#-".contains(c);
    let is_language = language.len() <= LONGEST_LANGUAGE && language.chars().all(of_a_name);
    Some(format!("```{}", if is_language { language } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(&str, Option<&str>)> {
        code_spans(text)
            .iter()
            .map(|code| (&text[code.range.clone()], code.fence.clone()))
            .map(|(t, f)| (t, f.map(|f| &*f.leak())))
            .collect()
    }

    #[test]
    fn code_is_told_from_prose() {
        assert_eq!(texts("a `b` c ``d ` e`` f"), [("`b`", None), ("``d ` e``", None)]);
        assert_eq!(texts("x\n```rust\nlet a = `1`;\n```\ny"), [("```rust\nlet a = `1`;\n```", Some("```rust"))]);
        assert_eq!(texts("x ```one line``` y"), [("```one line```", Some("```"))]);
        assert_eq!(texts("never\n```\nclosed"), [("```\nclosed", Some("```"))]);
        assert_eq!(texts("it's a ` alone"), []);
        assert_eq!(texts("```objective-c++\nx\n```"), [("```objective-c++\nx\n```", Some("```objective-c++"))]);
        assert_eq!(texts("```x=1;\ny\n```"), [("```x=1;\ny\n```", Some("```"))]);
        let long = format!("```{}\n```", "x".repeat(33));
        assert_eq!(texts(&long), [(&*long, Some("```"))]);
    }
}
