//! The one scanner for Discord's markdown, as far as rewriting, splitting and reading answers back need it: where code
//! is, which links there are, and what must not be cut in two.

use std::ops::Range;

/// The longest name of a language, in characters.
const LONGEST_LANGUAGE: usize = 32;

/// Code in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeSpan {
    /// Its bytes in the text, backticks included.
    pub(crate) range: Range<usize>,
    /// The line that opens it when it is a fence: the backticks and the language.
    pub(crate) fence: Option<String>,
}

/// The code in a text, in order. A fence that is never closed goes to the end; a lone backtick is text.
pub(crate) fn code_spans(text: &str) -> Vec<CodeSpan> {
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

/// A link `[label](target)` at the beginning of `text`: label, target and length.
pub(crate) fn link(text: &str) -> Option<(&str, &str, usize)> {
    let inner = text.strip_prefix('[')?;
    let mut depth = 1_usize;
    let end = inner.char_indices().find_map(|(at, c)| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            '\n' => return Some(None),
            _ => {}
        }
        (depth == 0).then_some(Some(at))
    })??;
    let (label, rest) = inner.split_at_checked(end)?;
    let target = rest.strip_prefix("](")?;
    let (target, _) = target.split_once(')').filter(|(target, _)| !target.contains('\n'))?;
    Some((label, target, label.len() + target.len() + "[](".len() + ")".len()))
}

/// A citation, as answers write it: `[[1]](<address>)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberedLink<'a> {
    pub(crate) range: Range<usize>,
    pub(crate) number: &'a str,
    pub(crate) address: &'a str,
}

/// The citations in a text, in order.
pub(crate) fn numbered_links(text: &str) -> Vec<NumberedLink<'_>> {
    let at = |(start, _)| {
        let (number, rest) = text.get(start + 2..)?.split_once("]](<")?;
        let (address, _) = rest.split_once(">)").filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))?;
        let end = start + "[[".len() + number.len() + "]](<".len() + address.len() + ">)".len();
        Some(NumberedLink { range: start..end, number, address })
    };
    text.match_indices("[[").filter_map(at).collect()
}

/// What must stay in one piece: inline code, links, bare addresses, mentions and timestamps.
pub(crate) fn atoms(text: &str) -> Vec<Range<usize>> {
    let code = code_spans(text);
    let mut atoms: Vec<Range<usize>> =
        code.iter().filter(|code| code.fence.is_none()).map(|code| code.range.clone()).collect();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(code) = code.iter().find(|code| code.range.contains(&at)) {
            at = code.range.end;
            continue;
        }
        let length = link(rest).map(|(_, _, length)| length).or_else(|| angle(rest)).or_else(|| address(rest));
        if let Some(length) = length {
            atoms.push(at..at + length);
        }
        at += length.unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
    }
    atoms
}

/// `<@1>`, `<#1>`, `<t:1:R>`, `<https://…>`.
fn angle(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('<')?;
    let end = inner.find('>')?;
    let inside = inner.get(..end)?;
    (!inside.is_empty() && !inside.contains(char::is_whitespace)).then_some(end + 2)
}

fn address(text: &str) -> Option<usize> {
    (text.starts_with("https://") || text.starts_with("http://"))
        .then(|| text.find(char::is_whitespace).unwrap_or(text.len()))
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

    #[test]
    fn links_are_seen_whole() {
        assert_eq!(link("[[1]](<https://a>) x"), Some(("[1]", "<https://a>", 18)));
        assert_eq!(link("[a](b)"), Some(("a", "b", 6)));
        assert_eq!(link("[1] (b)"), None);
        assert_eq!(link("[a\n](b)"), None);
    }

    #[test]
    fn what_must_stay_whole_is_found_outside_fences() {
        let text = "see [a b](https://x) or <t:1:R> `c d` https://y z\n```\n[1](2)\n```";
        let found: Vec<&str> = atoms(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["`c d`", "[a b](https://x)", "<t:1:R>", "https://y"]);
    }
}
