//! Separates code from prose and closes code fences.

use rtfm_shared::text::code_spans;

const FENCE: &str = "```";

/// Splits a text into code (fences and spans, with their back-ticks) and prose; `true` marks code.
pub(super) fn code_and_prose(text: &str) -> Vec<(bool, &str)> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for code in code_spans(text) {
        pieces.push((false, text.get(end..code.range.start).unwrap_or_default()));
        pieces.push((true, text.get(code.range.clone()).unwrap_or_default()));
        end = code.range.end;
    }
    pieces.push((false, text.get(end..).unwrap_or_default()));
    pieces
}

/// Puts each multi-line fence on lines of its own and closes open ones, which would swallow the text after the
/// answer.
pub(super) fn tidy_fences(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(FENCE) {
        out.push_str(before);
        let (inside, tail) = match after.split_once(FENCE) {
            Some((inside, tail)) => (inside, Some(tail)),
            None => (after, None),
        };
        if !inside.contains('\n') && tail.is_some() {
            out.push_str(&format!("{FENCE}{inside}{FENCE}"));
        } else {
            let line = before.rsplit('\n').next().unwrap_or_default();
            if !line.trim_start_matches(['>', ' ', '\t']).is_empty() {
                out.push('\n');
            }
            let last = inside.rsplit('\n').next().unwrap_or_default();
            let ends_alone = tail.is_some() && last.trim_matches(['>', ' ', '\t']).is_empty();
            let inside = if ends_alone { inside.to_owned() } else { format!("{}\n", inside.trim_end()) };
            out.push_str(&format!("{FENCE}{inside}{FENCE}"));
        }
        let Some(tail) = tail else { return out };
        if inside.contains('\n') && !tail.is_empty() && !tail.starts_with('\n') {
            out.push('\n');
        }
        rest = if inside.contains('\n') { tail.trim_start_matches(' ') } else { tail };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::tidy_fences;

    #[test]
    fn fences_get_their_own_lines_and_are_closed() {
        assert_eq!(tidy_fences("Use ```sh\nmake\n``` now [1]"), "Use \n```sh\nmake\n```\nnow [1]");
        assert_eq!(tidy_fences("a ```one``` b"), "a ```one``` b");
        assert_eq!(tidy_fences("```\nopen"), "```\nopen\n```");
        assert_eq!(tidy_fences("> ```\n> x\n> ```\ny"), "> ```\n> x\n> ```\ny");
        assert_eq!(tidy_fences("```a\nb```"), "```a\nb\n```");
    }
}
