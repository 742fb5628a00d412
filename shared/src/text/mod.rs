//! Texts of people: what every crate must judge alike.

mod code;
mod invisible;
mod secrets;

pub use code::{CodeSpan, code_spans};
pub use invisible::{escaped, visible};
pub use secrets::masked;

/// Text that somebody wrote as it may be shown: without invisible characters, and with secrets masked. Apply it before the
/// text is cut, since half a secret is not recognised.
pub fn showable(text: &str) -> String {
    masked(&visible(text))
}

/// The signs that end a question in the scripts that have one.
const QUESTION_MARKS: [char; 6] = ['?', '？', '؟', '՞', '፧', '⁇'];

/// Whether a text has a question mark, in any script; one inside an address does not count.
pub fn has_question_mark(text: &str) -> bool {
    text.split_whitespace().filter(|word| !word.contains("://")).any(|word| word.contains(QUESTION_MARKS))
}

/// Whether a text ends with a question mark, in any script.
pub fn ends_with_question_mark(text: &str) -> bool {
    text.trim_end().ends_with(QUESTION_MARKS)
}

/// The length in UTF-16 units, as Discord's strictest limit counts.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Disarms mentions: inserts a zero-width space into `@everyone`, `@here` and mentions with a full-width `@`. The text
/// looks the same and notifies no one, wherever it is copied to.
pub fn disarmed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, sign)) = rest.char_indices().find(|(_, c)| matches!(c, '@' | '＠' | '﹫')) {
        let (before, after) = rest.split_at(at + sign.len_utf8());
        out.push_str(before);
        let calls = |word: &str| after.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        // Some keyboards and clipboards normalise this sign to `@`, which would complete the mention.
        let mentions = sign != '@' && rest.get(..at).is_some_and(|before| before.ends_with('<'));
        if calls("everyone") || calls("here") || (mentions && names_somebody(after)) {
            out.push('\u{200b}');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether a text begins like the rest of a mention: `123>`, `!123>`, `&123>`.
fn names_somebody(text: &str) -> bool {
    let id = text.strip_prefix(['!', '&']).unwrap_or(text);
    id.split_once('>').is_some_and(|(id, _)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_mention_survives() {
        let calm = disarmed("@everyone @HERE ＠everyone @here! @ana @@everyone @");
        assert_eq!(calm, "@\u{200b}everyone @\u{200b}HERE ＠\u{200b}everyone @\u{200b}here! @ana @@\u{200b}everyone @");
        assert_eq!(disarmed(&calm), calm);
        let calm = disarmed("<＠123> <﹫!123> <＠&123> <@123> <＠ana> a＠123>");
        assert_eq!(calm, "<＠\u{200b}123> <﹫\u{200b}!123> <＠\u{200b}&123> <@123> <＠ana> a＠123>");
        assert_eq!(disarmed(&calm), calm);
    }
}
