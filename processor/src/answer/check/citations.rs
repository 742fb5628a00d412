//! Citations: finding them in a text and numbering them.

use super::{code::code_and_prose, evidence_of};
use crate::answer::evidence::NumberedEvidence;

/// The most numbers that one range expands to.
const LONGEST_RANGE: u32 = 10;

/// Normalises all spellings of a citation to `[n]`: full-width and corner brackets, full-width digits, escaped
/// brackets, footnotes. Code is unchanged.
pub(super) fn unified(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (is_code, piece) in code_and_prose(text) {
        if is_code {
            out.push_str(piece);
        } else {
            unify(piece, &mut out);
        }
    }
    out
}

fn unify(prose: &str, out: &mut String) {
    let prose = prose.replace("\\[", "[").replace("\\]", "]");
    let mut rest = prose.as_str();
    while let Some(at) = rest.find(['[', '［', '【', '〔', '⟦']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let opening = from.chars().next().map_or(0, char::len_utf8);
        let after = from.get(opening..).unwrap_or_default();
        let closing = after.find([']', '］', '】', '〕', '⟧']);
        let inside =
            closing.and_then(|end| after.get(..end)).map(|inside| inside.chars().map(narrow).collect::<String>());
        match (inside, closing) {
            (Some(inside), Some(end)) if numbers(&inside).is_some() => {
                out.push_str(&format!("[{inside}]"));
                let closing = after.get(end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
                rest = after.get(end + closing..).unwrap_or_default();
            }
            _ => {
                out.extend(from.chars().next());
                rest = after;
            }
        }
    }
    out.push_str(rest);
}

/// The ASCII form of a full-width character.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '，' | '；' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '、' => ',',
        other => other,
    }
}

/// Parses `3`, `3, 7`, `3; #7`, `^3` or `3-5`; `None` for other text in brackets.
fn numbers(inside: &str) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for part in inside.split([',', ';']) {
        let part = part.trim().trim_start_matches(['#', '^']);
        match part.split_once(['-', '–']) {
            Some((first, last)) => {
                let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                numbers.extend((first..=last).take(LONGEST_RANGE as usize));
            }
            None => numbers.push(part.parse().ok()?),
        }
    }
    Some(numbers)
}

/// The numbers of existing evidence that a text cites outside of code, in order.
pub(super) fn cited(text: &str, evidence: &[NumberedEvidence]) -> Vec<u32> {
    let mut found = Vec::new();
    each(text, |_, numbers| found.extend(numbers.unwrap_or_default()));
    found.retain(|n| evidence_of(*n, evidence).is_some());
    found
}

/// Whether a text cites outside of code, but no existing evidence.
pub(super) fn cites_nothing(text: &str, evidence: &[NumberedEvidence]) -> bool {
    let mut cites = false;
    each(text, |_, numbers| cites |= numbers.is_some());
    cites && cited(text, evidence).is_empty()
}

/// Removes the citations from a text.
pub(super) fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    each(text, |piece, numbers| {
        if numbers.is_none() {
            out.push_str(piece)
        }
    });
    out
}

/// Renumbers citations by first appearance, which `order` records, and removes those of unknown evidence.
pub(super) fn renumbered(text: &str, evidence: &[NumberedEvidence], order: &mut Vec<u32>) -> String {
    let mut out = String::with_capacity(text.len());
    each(text, |piece, numbers| {
        let Some(numbers) = numbers else {
            out.push_str(piece);
            return;
        };
        let known: Vec<u32> = numbers.into_iter().filter(|n| evidence_of(*n, evidence).is_some()).collect();
        if known.is_empty() && out.ends_with(' ') {
            out.pop();
        }
        for n in known {
            let place = order.iter().position(|known| *known == n).unwrap_or_else(|| {
                order.push(n);
                order.len() - 1
            });
            out.push_str(&format!("[{}]", place + 1));
        }
    });
    out
}

/// Calls `piece` for each part of a text: a citation with its numbers, other text with `None`.
fn each(text: &str, mut piece: impl FnMut(&str, Option<Vec<u32>>)) {
    for (is_code, part) in code_and_prose(text) {
        if is_code {
            piece(part, None);
            continue;
        }
        let mut rest = part;
        while let Some(at) = rest.find('[') {
            let (before, from) = rest.split_at(at);
            piece(before, None);
            let inside = from.get(1..).and_then(|after| after.split_once(']')).map(|(inside, _)| inside);
            let numbers = inside.and_then(numbers);
            let length = if numbers.is_some() { inside.map_or(1, |inside| inside.len() + 2) } else { 1 };
            let (citation, tail) = from.split_at_checked(length).unwrap_or((from, ""));
            piece(citation, numbers);
            rest = tail;
        }
        piece(rest, None);
    }
}

/// The length in bytes of the citations that a text starts with, spaces before them included.
pub(super) fn leading(text: &str) -> usize {
    let mut end = 0;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        let inside = rest.trim_start_matches(' ').strip_prefix('[').and_then(|after| after.split_once(']'));
        match inside.filter(|(inside, _)| numbers(inside).is_some()) {
            Some((inside, _)) => end += spaces + inside.len() + 2,
            None => return end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_citations_are_normalised() {
        assert_eq!(unified("a［１］ b【2】 c\\[3\\] d[^4] e〔5，６〕"), "a[1] b[2] c[3] d[^4] e[5,6]");
        assert_eq!(unified("`a［1］` ［x］ [y"), "`a［1］` ［x］ [y");
        assert_eq!(numbers("2-4, #7; ^9"), Some(vec![2, 3, 4, 7, 9]));
        assert_eq!((numbers("1-4000000000").map(|all| all.len()), numbers("x"), numbers("")), (Some(10), None, None));
    }

    #[test]
    fn leading_citations_are_measured() {
        assert_eq!(leading(" [1][2] [3], and"), " [1][2] [3]".len());
        assert_eq!((leading(" and [1]"), leading("[x]")), (0, 0));
        assert_eq!(without("a [1]`[2]`"), "a `[2]`");
    }
}
