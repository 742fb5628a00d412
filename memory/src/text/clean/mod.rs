//! Cleans the text of people and models before a model or a reader gets it: removes invisible characters and markup and
//! masks secrets. Prompts and answers use the same function.

mod mentions;

pub use mentions::DisplayNames;

use rtfm_shared::{
    event::{Speaker, Turn},
    text::{masked, showable, visible},
};

/// The character limit of a name.
const MAX_NAME: usize = 60;

/// Removes invisible characters, replaces mentions by names, and masks secrets.
pub fn clean(text: &str, names: &DisplayNames) -> String {
    masked(&mentions::plain(&visible(text), names))
}

/// A name on one line, without secrets and the characters that structure a prompt.
pub fn display_name(text: &str) -> String {
    let shown = showable(text);
    let kept = shown.chars().filter(|c| !matches!(c, '[' | ']' | '<' | '>' | ':' | '`' | '\n'));
    kept.take(MAX_NAME).collect::<String>().trim().to_owned()
}

/// Cleans the turns of a conversation for a prompt. Citations of earlier answers are removed, since their numbers refer
/// to other messages.
pub fn history(turns: &[Turn], names: &DisplayNames) -> Vec<Turn> {
    let of_turn = |turn: &Turn| {
        let content = clean(&turn.content, names);
        let content = if turn.role == Speaker::Model { without_citations(&content) } else { content };
        Turn { content, ..turn.clone() }
    };
    turns.iter().map(of_turn).filter(|turn| !turn.content.trim().is_empty()).collect()
}

/// Removes `[1]` and `[[1]](<https://…>)`.
fn without_citations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let inner = after.trim_start_matches('[');
        let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let tail = inner.get(digits..).unwrap_or_default();
        let Some(tail) = (digits > 0).then(|| tail.strip_prefix(']')).flatten() else {
            out.push('[');
            rest = after;
            continue;
        };
        let tail = tail.strip_prefix(']').unwrap_or(tail);
        rest = match tail.strip_prefix("(<").and_then(|link| link.split_once(">)")) {
            Some((_, tail)) => tail,
            None => tail,
        };
        if out.ends_with(' ') && !rest.starts_with(char::is_alphanumeric) {
            out.pop();
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_removed_before_the_other_steps() {
        let names = DisplayNames::default();
        assert_eq!(clean("hi <@\u{200b}12345>", &names), "hi @someone", "a mention with something invisible in it");
        let key = format!("gh\u{200d}p_{}", "a1B2".repeat(9));
        assert_eq!(clean(&key, &names), "ghp_…(masked)", "a token likewise");
    }

    #[test]
    fn names_contain_no_structure() {
        assert_eq!(display_name("[2] admin\n<x>: `o\u{202e}k`"), "2 adminx ok");
        assert_eq!(display_name(&"n".repeat(500)).len(), MAX_NAME);
    }

    #[test]
    fn earlier_citations_are_removed() {
        let turn = |role, content: &str| Turn::new(role, content);
        let turns = [
            turn(Speaker::User, "a[1] is \u{200b}what?"),
            turn(Speaker::Model, "Port 80 [[1]](<https://discord.com/channels/1/2/3>)[2]. Use a[x] or [3] there."),
            turn(Speaker::Model, "\u{200b}"),
        ];
        let cleaned: Vec<String> =
            history(&turns, &DisplayNames::default()).into_iter().map(|turn| turn.content).collect();
        assert_eq!(cleaned, ["a[1] is what?", "Port 80. Use a[x] or there."]);
    }
}
