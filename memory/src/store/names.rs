//! Names of people and channels in the form that every store compares.

use rtfm_shared::event::ChatMessage;
use rtfm_shared::language::letters::plain;

/// The names that match the author of a message: the whole user name and its first word.
pub(super) fn of_author(message: &ChatMessage) -> Vec<String> {
    let whole = key(&message.username);
    let first = whole.split(' ').next().unwrap_or_default().to_owned();
    let mut names = vec![whole, first];
    names.retain(|name| !name.is_empty());
    names.dedup();
    names
}

/// The name that matches the channel of a message; `None` where the message carries none.
pub(super) fn of_channel(message: &ChatMessage) -> Option<String> {
    message.metadata.channel_name.as_deref().map(key).filter(|name| !name.is_empty())
}

/// Normalises a name: lower case, no accents, single spaces, no leading `#` or `@`.
pub(super) fn key(name: &str) -> String {
    plain(name.trim_start_matches(['#', '@'])).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_matches_by_the_whole_name_or_its_first_word() {
        let names =
            |username: &str| of_author(&ChatMessage { username: username.to_owned(), ..ChatMessage::default() });
        assert_eq!(names("Zoé  van Dijk"), ["zoe van dijk", "zoe"]);
        assert_eq!(names("ANA"), ["ana"]);
        assert_eq!(names(" "), [] as [&str; 0]);
        assert_eq!(key("#Général"), "general");
    }
}
