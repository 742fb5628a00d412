//! Links in a model's text: only addresses that stand in the evidence are shown, and always openly,
//! never behind other words.

use std::collections::HashSet;

/// What ends an address in running text.
const ENDS: &str = "<>()[]\"`";
/// What may stand at the end of an address without belonging to it.
const PUNCTUATION: [char; 8] = ['.', ',', ';', ':', '!', '?', '*', '_'];

/// The text with every link either open and known, or gone.
pub(crate) fn keep_known<'a>(text: &str, evidence: impl Iterator<Item = &'a str>) -> String {
    let known: HashSet<&str> = evidence.flat_map(addresses).collect();
    remove_unknown(&open_masked_links(text, &known), &known)
}

/// `[words](address)` becomes `words (<address>)` when the address is known, else `words`.
fn open_masked_links(text: &str, known: &HashSet<&str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let (before, link) = rest.split_at(middle);
        let Some((address, tail)) = link.get(2..).and_then(|link| link.split_once(')')) else { break };
        let address = address.split_whitespace().next().unwrap_or_default().trim_matches(['<', '>']);
        if !address.contains(':') {
            out.push_str(before);
            out.push_str("](");
            rest = link.get(2..).unwrap_or_default();
            continue;
        }
        match before.rsplit_once('[') {
            // `[1](address)`: a citation stays one, without the address.
            Some((prose, words)) if words.chars().all(|c| c.is_ascii_digit()) => {
                out.push_str(&format!("{prose}[{words}]"));
            }
            Some((prose, words)) if known.contains(address) => {
                out.push_str(&format!("{prose}{words} (<{address}>)"));
            }
            Some((prose, words)) => out.push_str(&format!("{prose}{words}")),
            None => out.push_str(before),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn remove_unknown(text: &str, known: &HashSet<&str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, address, tail)) = next_address(rest) {
        out.push_str(before);
        out.push_str(if known.contains(address) { address } else { "(link removed)" });
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Every address that a text links to.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, address, tail) = next_address(rest)?;
        rest = tail;
        Some(address)
    })
}

/// The text before the first address, the address, and the text after it.
fn next_address(text: &str) -> Option<(&str, &str, &str)> {
    let start = ["http://", "https://"].iter().filter_map(|scheme| text.find(scheme)).min()?;
    let (before, link) = text.split_at(start);
    let end = link.find(|c: char| c.is_whitespace() || ENDS.contains(c)).unwrap_or(link.len());
    let address = link.get(..end)?.trim_end_matches(PUNCTUATION);
    Some((before, address, link.get(address.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::keep_known;

    fn kept(text: &str) -> String {
        keep_known(text, ["try https://a.example/x?y=1, or <https://b.example>"].into_iter())
    }

    #[test]
    fn posted_links_stay_and_others_go() {
        assert_eq!(kept("See https://a.example/x?y=1."), "See https://a.example/x?y=1.");
        assert_eq!(kept("See <https://b.example>"), "See <https://b.example>");
        assert_eq!(kept("See https://a.example/x"), "See (link removed)", "another address than the posted one");
        assert_eq!(kept("HTTP is http, http://c.example!"), "HTTP is http, (link removed)!");
    }

    #[test]
    fn words_never_hide_an_address() {
        assert_eq!(kept("[home](https://b.example)"), "home (<https://b.example>)");
        assert_eq!(kept("[home](https://evil.example \"t\") x"), "home x");
        assert_eq!(kept("f(a)[0](b)"), "f(a)[0](b)");
    }
}
