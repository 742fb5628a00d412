//! Answers without a model: the messages that fit a question best, quoted. Used where there is no key
//! for a model, or none answers.
//!
//! Pure and deterministic. The text is Markdown that reads well in Discord and, as it is, in a terminal:
//!
//! ```text
//! ana in #general, 2 Nov 2026 [1]
//! > The endpoint is https://api.example.com/v2, the old one is gone.
//!
//! ben in #general, 3 Nov 2026 [4]
//! > It wants a token since yesterday. …
//! ```

mod excerpt;
mod rank;

use super::Evidence;

/// The most messages that are quoted.
const QUOTES: usize = 5;
/// The most characters of a whole answer.
const TOTAL: usize = 1_500;
/// The most characters of the best message, and of each other one.
const FIRST: usize = 600;
const OTHER: usize = 320;
/// With less room than this nothing worth reading can be quoted.
const LEAST: usize = 60;

/// An answer made of quotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extract {
    /// The text, Markdown.
    pub text: String,
    /// The numbers of the messages in it, in the order they appear.
    pub cited: Vec<u32>,
}

/// Quotes what fits the question best; `None` when no evidence says anything. Evidence comes best first.
pub fn answer(question: &str, evidence: &[Evidence]) -> Option<Extract> {
    let words = rank::words(question);
    let mut extract = Extract { text: String::new(), cited: Vec::new() };
    let mut room = TOTAL;
    for message in rank::best(&words, evidence, QUOTES) {
        let separator = if extract.cited.is_empty() { "" } else { "\n\n" };
        let head = format!("{separator}{}", heading(message));
        let limit = if extract.cited.is_empty() { FIRST } else { OTHER };
        let Some(limit) = room.checked_sub(length(&head)).map(|left| left.min(limit)).filter(|left| *left >= LEAST)
        else {
            break;
        };
        let Some(quote) = excerpt::quote(&message.content, &words, limit) else { continue };
        room = room.saturating_sub(length(&head) + length(&quote));
        extract.text.push_str(&head);
        extract.text.push_str(&quote);
        extract.cited.push(message.n);
    }
    (!extract.cited.is_empty()).then_some(extract)
}

/// Who, where, when, and the number to cite, on a line of its own.
fn heading(message: &Evidence) -> String {
    let place = message.channel_name.as_deref().map(|name| {
        let name: String = name.trim_start_matches('#').chars().filter(|c| !c.is_control()).take(100).collect();
        format!(" in #{}", plain(&name))
    });
    let name: String = message.username.chars().filter(|c| !c.is_control()).take(40).collect();
    let name = if name.trim().is_empty() { "somebody".to_owned() } else { plain(name.trim()) };
    let date = message.timestamp.strftime("%-d %b %Y");
    format!("{name}{}, {date} [{}]\n", place.unwrap_or_default(), message.n)
}

/// A name that Markdown cannot take for markup. Underscores inside words are left as they are: they mean
/// nothing there, and most names with one have it there.
fn plain(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    let mut previous = None;
    while let Some(c) = chars.next() {
        let inside = |other: Option<char>| other.is_some_and(char::is_alphanumeric);
        let is_markup = match c {
            '*' | '~' | '`' | '|' | '\\' | '<' | '>' | '[' | ']' => true,
            '_' => !(inside(previous) && inside(chars.peek().copied())),
            '#' | '-' => previous.is_none(),
            _ => false,
        };
        if is_markup {
            escaped.push('\\');
        }
        escaped.push(c);
        previous = Some(c);
    }
    escaped
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests;
