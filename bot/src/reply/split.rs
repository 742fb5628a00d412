//! Long answers in parts that Discord takes: cut at a paragraph, else at a sentence or line, else at a
//! word; never inside a link or inline code, and a code block that must be cut is closed and opened anew.

use crate::discord::markdown::atoms;
use rtfm_shared::text::{code_spans, utf16_len};

/// The longest content of a message.
pub(crate) const LIMIT: usize = 2000;

const CLOSE: &str = "\n```";

/// The text in parts of at most `limit` characters, in order; none when there is nothing to say.
pub(crate) fn split(text: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim().to_owned();
    while !rest.is_empty() {
        if utf16_len(&rest) <= limit {
            parts.push(rest);
            break;
        }
        let at = cut(&rest, limit.saturating_sub(utf16_len(CLOSE)));
        let (head, tail) = rest.split_at(at);
        let code = code_spans(&rest).into_iter().find(|code| code.range.start < at && at < code.range.end);
        let fence = code.and_then(|code| Some((code.range.start, code.fence?)));
        match fence {
            // What opens the fence anew must be less than what was cut off, or this would never end.
            Some((start, opening)) if at > start + opening.len() + 1 => {
                parts.push(format!("{}{CLOSE}", head.trim_end()));
                rest = format!("{opening}\n{}", tail.trim_start_matches('\n'));
            }
            _ => {
                parts.push(head.trim_end().to_owned());
                rest = tail.trim_start().to_owned();
            }
        }
    }
    parts
}

/// Where to cut a text that is too long: after at least one character beyond a reopened fence's first
/// line, and before `budget`.
fn cut(text: &str, budget: usize) -> usize {
    let mut used = 0;
    let longest = text
        .char_indices()
        .find(|(_, c)| {
            used += c.len_utf16();
            used > budget
        })
        .map_or(text.len(), |(at, _)| at);
    let code = code_spans(text);
    let atoms = atoms(text);
    let fenced =
        |at: usize| code.iter().find(|code| code.fence.is_some() && code.range.start < at && at < code.range.end);
    let whole = |at: usize| !atoms.iter().any(|atom| atom.start < at && at < atom.end);
    let prose = |at: usize| fenced(at).is_none() && whole(at);
    // Inside a fence a cut needs content before it, or nothing would ever be cut off.
    let in_code = |at: usize| {
        fenced(at).is_some_and(|code| {
            let first_line = code.fence.as_ref().map_or(0, String::len) + 1;
            at > code.range.start + first_line && at + CLOSE.len() <= code.range.end
        })
    };
    let starts = |at: usize, what: &str| text.get(at..).is_some_and(|rest| rest.starts_with(what));
    let follows = |at: usize, marks: &[char]| text.get(..at).is_some_and(|head| head.ends_with(marks));

    let paragraph = |at: usize| prose(at) && starts(at, "\n\n");
    let sentence =
        |at: usize| prose(at) && (starts(at, "\n") || (follows(at, &['.', '!', '?', '…', '。']) && starts(at, " ")));
    let line_of_code = |at: usize| in_code(at) && starts(at, "\n");
    let word = |at: usize| prose(at) && starts(at, " ");
    let anywhere = |at: usize| whole(at) && (fenced(at).is_none() || in_code(at));

    let mut places: Vec<usize> =
        text.char_indices().map(|(at, _)| at).take_while(|at| *at <= longest).skip(1).collect();
    places.reverse();
    let last = |good: &dyn Fn(usize) -> bool, from: usize| places.iter().copied().find(|at| *at >= from && good(*at));
    // A part should not be a mere crumb for the sake of a nicer cut.
    let third = longest / 3;
    last(&paragraph, third)
        .or_else(|| last(&sentence, third))
        .or_else(|| last(&line_of_code, third))
        .or_else(|| last(&word, third))
        .or_else(|| last(&|at| paragraph(at) || sentence(at) || line_of_code(at) || word(at), 1))
        .or_else(|| last(&anywhere, 1))
        .unwrap_or(longest.max(text.chars().next().map_or(1, char::len_utf8)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_fits_is_one_part() {
        assert_eq!(split("a b", 10), ["a b"]);
        assert_eq!(split("  \n ", 10), [""; 0]);
        assert_eq!(split(&"a".repeat(2000), LIMIT).len(), 1);
        assert_eq!(split(&"🦀".repeat(1001), LIMIT).len(), 2, "an emoji counts twice");
    }

    #[test]
    fn paragraphs_before_sentences_before_words() {
        let text = "One two. Three four.\n\nFive six. Seven eight.";
        assert_eq!(split(text, 40), ["One two. Three four.", "Five six. Seven eight."]);
        assert_eq!(
            split("One two three. Four five six seven eight", 30),
            ["One two three.", "Four five six seven eight"]
        );
        assert_eq!(split("one two three four five six", 16), ["one two", "three four", "five six"]);
        assert_eq!(split(&"x".repeat(25), 14), ["x".repeat(10), "x".repeat(10), "x".repeat(5)]);
    }

    #[test]
    fn a_code_block_is_closed_and_opened_anew() {
        let code: String = (0..20).map(|n| format!("line {n}\n")).collect();
        let parts = split(&format!("Look:\n```rust\n{code}```\nDone."), 80);
        assert!(parts.len() > 2, "{parts:#?}");
        for part in &parts {
            assert_eq!(part.matches("```").count() % 2, 0, "{part}");
            assert!(utf16_len(part) <= 80);
        }
        assert!(parts[1].starts_with("```rust\nline"), "{parts:#?}");
        let lines = parts.join("\n");
        assert!((0..20).all(|n| lines.contains(&format!("line {n}\n"))), "{lines}");
    }

    #[test]
    fn a_fence_whose_first_line_is_endless_ends() {
        for text in [
            format!("```{}", "x".repeat(5000)),
            format!("```{}\ncode\n```", "x=1;".repeat(1500)),
            format!("Look:\n```{}```", "x".repeat(2001)),
        ] {
            let parts = split(&text, LIMIT);
            assert!(parts.len() <= 5, "{parts:#?}");
            assert!(parts.iter().all(|part| utf16_len(part) <= LIMIT), "{parts:#?}");
        }
        assert!(split("```rust\nlet a = 1;\n```", 5).len() > 1, "a limit below the opener's length ends too");
    }

    #[test]
    fn a_link_is_never_cut() {
        let link = "[[1]](<https://discord.com/channels/1/2/3>)";
        let text = format!("{} {link}", "word ".repeat(10));
        let parts = split(&text, 70);
        assert!(parts.iter().any(|part| part.contains(link)), "{parts:#?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_lost_and_every_part_fits(
            words in prop::collection::vec("[a-zé🦀.!]{1,12}|\n\n|\n|```rust\nfn a\\(\\) \\{\\}\nlet b;\n```\n|\\[x y\\]\\(<u>\\)|`c d`", 0..80),
            limit in 60_usize..200,
        ) {
            let text = words.join(" ");
            let parts = split(&text, limit);
            for part in &parts {
                prop_assert!(utf16_len(part) <= limit, "{part:?}");
                prop_assert!(!part.trim().is_empty());
            }
            // No part has an open fence, and no link or inline code was cut.
            for part in &parts {
                prop_assert_eq!(part.matches("```").count() % 2, 0, "{:?}", part);
            }
            for whole in ["[x y](<u>)", "`c d`"] {
                let count = |text: &str| text.matches(whole).count();
                prop_assert_eq!(parts.iter().map(|part| count(part)).sum::<usize>(), count(&text), "{}", whole);
            }
            let letters = |text: &str| -> String { text.replace("```rust", "").chars().filter(|c| !c.is_whitespace() && *c != '`').collect() };
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }

        #[test]
        fn odd_fences_end_and_lose_nothing(
            words in prop::collection::vec(
                "[a-z.!]{1,12}|\n|\n\n|\n```\n|\n````\n|```rust\n|```rust\na;\n``````rust\nb;\n```|```x=[a-z=]{0,60}\n|```=[a-z]{1990,2010}\n|`{1,9}|`{1995,2005}",
                0..10,
            ),
            limit in prop_oneof![60_usize..200, Just(LIMIT)],
        ) {
            let text = words.join(" ");
            let parts = split(&text, limit);
            prop_assert!(parts.len() <= text.len());
            for part in &parts {
                prop_assert!(utf16_len(part) <= limit, "{part:?}");
                prop_assert!(!part.trim().is_empty());
            }
            let letters = |text: &str| -> String {
                text.replace("```rust", "").chars().filter(|c| !c.is_whitespace() && *c != '`').collect()
            };
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }
    }
}
