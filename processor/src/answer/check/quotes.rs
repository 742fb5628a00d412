//! Verifies quotations: text in quotation marks or in a quotation block must be verbatim from a cited message;
//! otherwise the marks are removed.

use super::{citations, code::code_and_prose, words::word_count};

/// Quotation marks around at most this many words may mark a name or a term.
const MAX_NAME_WORDS: usize = 3;

/// Opening marks with their closing marks.
const MARKS: &[(char, &[char])] =
    &[('“', &['”']), ('„', &['“', '”']), ('«', &['»']), ('「', &['」']), ('『', &['』']), ('"', &['"'])];

/// Removes the marks around text that no cited message contains.
pub(super) fn verified(text: &str, sources: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    for (is_code, piece) in code_and_prose(text) {
        if is_code { out.push_str(piece) } else { prose(piece, sources, &mut out) }
    }
    out
}

fn prose(text: &str, sources: &[&str], out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(|c| MARKS.iter().any(|(open, _)| *open == c)) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let Some(open) = from.chars().next() else { break };
        let after = from.get(open.len_utf8()..).unwrap_or_default();
        let closing = MARKS.iter().find(|(mark, _)| *mark == open).map_or(&[][..], |(_, closing)| closing);
        let Some((inside, close)) = after.find(closing).and_then(|end| after.split_at_checked(end)) else {
            out.push(open);
            rest = after;
            continue;
        };
        let mark = close.chars().next().unwrap_or(open);
        rest = close.get(mark.len_utf8()..).unwrap_or_default();
        if word_count(inside) <= MAX_NAME_WORDS || is_verbatim(inside, sources) {
            out.extend([open.to_string().as_str(), inside, mark.to_string().as_str()]);
        } else {
            out.push_str(inside);
        }
    }
    out.push_str(rest);
}

/// Keeps a quotation block when a cited message contains it; otherwise returns it as prose.
pub(super) fn verified_block(block: &str, sources: &[&str]) -> String {
    let plain: Vec<&str> = block.lines().map(|line| line.trim_start().trim_start_matches(['>', ' '])).collect();
    let words = citations::without(&plain.join("\n"));
    // A line after a dash names the speaker.
    let words = words.trim().lines().filter(|line| !line.starts_with(['—', '–'])).collect::<Vec<_>>().join("\n");
    let words = words.trim_matches(['"', '“', '”', '„', ' ', '\n']);
    if is_verbatim(words, sources) { block.to_owned() } else { plain.join("\n") }
}

/// Whether a cited message contains this text, apart from case, white space, markup and the parts that "…" replaces.
fn is_verbatim(quotation: &str, sources: &[&str]) -> bool {
    let quotation = quotation.replace("[…]", "…").replace("[...]", "…").replace("...", "…");
    let parts: Vec<String> = quotation.split('…').map(folded).filter(|part| !part.is_empty()).collect();
    !parts.is_empty() && sources.iter().any(|text| holds(&folded(text), &parts))
}

fn holds(text: &str, parts: &[String]) -> bool {
    let mut rest = format!(" {text} ");
    for part in parts {
        // Scripts without spaces have no word boundaries.
        let wanted = if part.is_ascii() { format!(" {part} ") } else { part.clone() };
        let Some(at) = rest.find(&wanted) else { return false };
        let end = at + wanted.len() - usize::from(part.is_ascii());
        rest = rest.split_off(end);
    }
    true
}

/// Letters and digits in lower case with single spaces.
fn folded(text: &str) -> String {
    let text: String = text.chars().filter(|c| !matches!(c, '\'' | '’')).flat_map(char::to_lowercase).collect();
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &[&str] = &["We **don't** ship on Fridays, ever.\nNot even small things.", "東京は大きい都市です"];

    #[test]
    fn quotations_are_verbatim_or_lose_their_marks() {
        for text in [
            "Ana: “we don’t ship on fridays” [1]",
            "Ana: \"We don't ship … Not even small things.\" [1]",
            "The “big red button” and `\"not a quotation at all\"`",
            "「東京は大きい都市」",
            "5\" is small",
        ] {
            assert_eq!(verified(text, SAID), text);
        }
        for (text, expected) in [
            ("Ana: “we ship on Fridays, always” [1]", "Ana: we ship on Fridays, always [1]"),
            ("\"Small things not even … ship on\" [1]", "Small things not even … ship on [1]"),
            ("„Wir liefern auch am Freitag aus“ [1]", "Wir liefern auch am Freitag aus [1]"),
            ("「東京は小さい村であり」", "東京は小さい村であり"),
        ] {
            assert_eq!(verified(text, SAID), expected);
        }
    }

    #[test]
    fn a_block_is_a_quotation_when_it_is_verbatim() {
        let verified = |text| verified_block(text, SAID);
        assert_eq!(verified("> We don't ship on Fridays [1]\n> — Ana"), "> We don't ship on Fridays [1]\n> — Ana");
        assert_eq!(verified("> We ship daily [1]\n> always"), "We ship daily [1]\nalways");
    }
}
