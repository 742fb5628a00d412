//! Links in Discord's markdown, and what must not be cut in two. [`rtfm_shared::text::code_spans`] finds the code.

use rtfm_shared::text::code_spans;
use std::ops::Range;

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
