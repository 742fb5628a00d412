//! The names that people and channels are called by, the same for every store.

use crate::text::words::plain;
use rtfm_shared::event::ChatMessage;

/// What the author of a message may be called: their name, and its first word.
pub(super) fn of_author(message: &ChatMessage) -> Vec<String> {
    let whole = key(&message.username);
    let first = whole.split(' ').next().unwrap_or_default().to_owned();
    let mut names = vec![whole, first];
    names.retain(|name| !name.is_empty());
    names.dedup();
    names
}

/// What the channel of a message is called, if that is known.
pub(super) fn of_channel(message: &ChatMessage) -> Option<String> {
    message.metadata.channel_name.as_deref().map(key).filter(|name| !name.is_empty())
}

/// A name as it is compared: in lower case, without accents, with single spaces and without a `#` or `@` before it.
pub(super) fn key(name: &str) -> String {
    plain(name.trim_start_matches(['#', '@'])).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_called_by_their_whole_name_or_its_first_word() {
        let by = |username: &str| of_author(&ChatMessage { username: username.to_owned(), ..ChatMessage::default() });
        assert_eq!(by("Zoé  van Dijk"), ["zoe van dijk", "zoe"]);
        assert_eq!(by("ANA"), ["ana"]);
        assert_eq!(by(" "), [] as [&str; 0]);
        assert_eq!(key("#Général"), "general");
    }
}
