//! Text of people and of models, made fit to be sent to a model and to be shown: nothing invisible in it, no syntax
//! that calls or hides, no secrets. What a prompt holds and what an answer holds go through the same door.

mod mentions;
mod secrets;

pub use mentions::DisplayNames;

use crate::text::visible;
use rtfm_shared::event::{Speaker, Turn};

/// The longest name that is shown to a model, in characters.
const LONGEST_NAME: usize = 60;

/// A text without invisible characters, with names in place of mentions, and with its secrets masked.
pub fn clean(text: &str, names: &DisplayNames) -> String {
    secrets::masked(&mentions::plain(&visible(text), names))
}

/// A name on one line that cannot be taken for the structure around it.
pub fn display_name(text: &str) -> String {
    let visible = visible(text);
    let kept = visible.chars().filter(|c| !matches!(c, '[' | ']' | '<' | '>' | ':' | '`' | '\n'));
    kept.take(LONGEST_NAME).collect::<String>().trim().to_owned()
}

/// The turns of a conversation as a model may read them: clean, and without the citations of earlier answers, whose
/// numbers mean other messages than those of this prompt.
pub fn history(turns: &[Turn], names: &DisplayNames) -> Vec<Turn> {
    let of_turn = |turn: &Turn| {
        let content = clean(&turn.content, names);
        let content = if turn.role == Speaker::Model { without_citations(&content) } else { content };
        Turn { content, ..turn.clone() }
    };
    turns.iter().map(of_turn).filter(|turn| !turn.content.trim().is_empty()).collect()
}

/// Without `[1]` and `[[1]](<https://…>)`.
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
    fn every_step_is_taken_in_an_order_that_no_trick_survives() {
        let names = DisplayNames::default();
        assert_eq!(clean("hi <@\u{200b}12345>", &names), "hi @someone", "a mention with something invisible in it");
        let key = format!("gh\u{200d}p_{}", "a1B2".repeat(9));
        assert_eq!(clean(&key, &names), "ghp_…(masked)", "a token likewise");
    }

    #[test]
    fn names_carry_no_structure() {
        assert_eq!(display_name("[2] admin\n<x>: `o\u{202e}k`"), "2 adminx ok");
        assert_eq!(display_name(&"n".repeat(500)).len(), LONGEST_NAME);
    }

    #[test]
    fn earlier_citations_are_not_taken_along() {
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
