//! What a model wrote, made safe to show: citations exist and are numbered in the order they are met,
//! links are only those that people really posted.

use super::{
    evidence::{Numbered, source},
    links::keep_known,
};
use rtfm_shared::event::Source;

/// A checked text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cited {
    /// The text, with citations `[1]`, `[2]`, … in order of first appearance.
    pub(crate) text: String,
    /// The messages cited, in the order of their numbers.
    pub(crate) sources: Vec<Source>,
}

/// Checks a text against the evidence it may cite. A number that is not in the evidence is taken out. It
/// is prefix-stable: of a text half written, each half is numbered as in the whole.
pub(crate) fn check(text: &str, evidence: &[Numbered]) -> Cited {
    let text = keep_known(text, evidence.iter().map(|numbered| numbered.evidence.content.as_str()));
    let mut order: Vec<u32> = Vec::new();
    let mut checked = String::with_capacity(text.len());
    for (is_code, piece) in code_and_prose(&text) {
        if is_code {
            checked.push_str(piece);
        } else {
            renumber(piece, evidence, &mut order, &mut checked);
        }
    }
    Cited { text: checked.trim().to_owned(), sources: sources(&order, evidence) }
}

/// A text that our own code made of quotations, its citations numbered in the order of `cited`. What is
/// quoted stays word for word, brackets and links included.
pub(crate) fn number_as_cited(text: &str, cited: &[u32], evidence: &[Numbered]) -> Cited {
    let mut order = cited.to_vec();
    let mut numbered = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.starts_with('>') {
            numbered.push_str(line);
        } else {
            renumber(line, evidence, &mut order, &mut numbered);
        }
    }
    Cited { text: numbered.trim().to_owned(), sources: sources(&order, evidence) }
}

fn sources(order: &[u32], evidence: &[Numbered]) -> Vec<Source> {
    let cited = order.iter().filter_map(|n| evidence.iter().find(|numbered| numbered.evidence.n == *n));
    (1..).zip(cited).map(|(n, numbered)| source(n, numbered)).collect()
}

fn renumber(prose: &str, evidence: &[Numbered], order: &mut Vec<u32>, out: &mut String) {
    let mut rest = prose;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once(']') else {
            out.push('[');
            out.push_str(after);
            return;
        };
        let Some(numbers) = numbers(inside) else {
            out.push('[');
            rest = after;
            continue;
        };
        let known: Vec<u32> =
            numbers.into_iter().filter(|n| evidence.iter().any(|numbered| numbered.evidence.n == *n)).collect();
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
        rest = tail;
    }
    out.push_str(rest);
}

/// The numbers of `3`, `3, 7` or `3; 7`; `None` for anything else in brackets.
fn numbers(inside: &str) -> Option<Vec<u32>> {
    inside.split([',', ';']).map(|part| part.trim().trim_start_matches('#').parse().ok()).collect()
}

/// Splits a text into code (fences and spans, with their back-ticks) and prose.
fn code_and_prose(text: &str) -> Vec<(bool, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let (prose, code) = rest.split_at(start);
        let ticks = code.len() - code.trim_start_matches('`').len();
        let (fence, body) = code.split_at(ticks);
        let Some(end) = body.find(fence) else { break };
        let (code, tail) = code.split_at(ticks + end + ticks);
        pieces.push((false, prose));
        pieces.push((true, code));
        rest = tail;
    }
    pieces.push((false, rest));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::Evidence;
    use rtfm_shared::event::ChatMessage;

    fn evidence() -> Vec<Numbered> {
        let numbered = |n: u32| Numbered {
            evidence: Evidence {
                n,
                username: "ana".to_owned(),
                channel_name: None,
                timestamp: jiff::Timestamp::UNIX_EPOCH,
                content: "see https://example.org/docs".to_owned(),
            },
            message: ChatMessage { message_id: u64::from(n * 100).into(), ..ChatMessage::default() },
            score: 0.0,
            passage: 0,
            found_in: None,
        };
        (1..=9).map(numbered).collect()
    }

    fn checked(text: &str) -> (String, Vec<String>) {
        let cited = check(text, &evidence());
        (cited.text, cited.sources.into_iter().map(|source| source.message_id.0).collect())
    }

    #[test]
    fn citations_are_numbered_as_they_are_met() {
        let (text, sources) = checked("Port 80 [7]. Since May [3, 7]; maybe [3][2].");
        assert_eq!(text, "Port 80 [1]. Since May [2][1]; maybe [2][3].");
        assert_eq!(sources, ["700", "300", "200"]);
    }

    #[test]
    fn a_citation_of_nothing_is_taken_out() {
        assert_eq!(checked("Sure [12]. Yes [0]!"), ("Sure. Yes!".to_owned(), vec![]));
        assert_eq!(checked("Half [12, 4] true"), ("Half [1] true".to_owned(), vec!["400".to_owned()]));
    }

    #[test]
    fn brackets_that_are_not_citations_stay() {
        let text = "Use `a[1]` or [x] and\n```c\nb[2] = 3;\n```\nand [unfinished";
        assert_eq!(checked(text), (text.to_owned(), vec![]));
        assert_eq!(checked("see [docs [5]").0, "see [docs [1]");
    }

    #[test]
    fn half_a_text_is_numbered_like_the_whole() {
        let whole = "A [5] and B [2] and C [5].";
        let (text, _) = checked(whole);
        for (end, _) in whole.char_indices() {
            let (half, _) = checked(&whole[..end]);
            let settled = half.rsplit_once('[').map_or(half.as_str(), |(settled, _)| settled);
            assert!(text.starts_with(settled), "{half:?} of {text:?}");
        }
    }

    #[test]
    fn links_of_the_models_own_making_are_not_shown() {
        let (text, _) =
            checked("[1](https://evil.example/a) and [the docs](https://example.org/docs) https://evil.example");
        assert_eq!(text, "[1] and the docs (<https://example.org/docs>) (link removed)");
    }
}
