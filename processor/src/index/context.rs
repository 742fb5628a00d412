//! The text a message is found by: the message with what surrounds it, because a chat message alone is
//! short, full of pronouns, and often an answer without its question.

use crate::text::excerpt;
use rtfm_shared::event::ChatMessage;

/// How many of the messages just before a message in its channel belong to its context.
pub(crate) const TURNS_BEFORE: usize = 2;

/// Characters kept of each surrounding message: enough for its topic, little enough that the message
/// itself still weighs most.
const CONTEXT_CHARS: usize = 200;

/// The texts a message is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Findable {
    /// For search by words. The message itself stands in it twice: weighing a message's own words double
    /// against its context's was the best of the weights tried on the evaluation set (nDCG@10 0.274;
    /// equal weights 0.237, no context 0.199).
    pub(crate) words: String,
    /// For search by meaning: everything once, as it was said.
    pub(crate) meaning: String,
}

/// What `message` is found by: its channel, the message it replies to, the turns before it (oldest
/// first), and itself with its author and the names of its files.
pub(crate) fn findable<'a>(
    message: &ChatMessage,
    parent: Option<&'a ChatMessage>,
    before: impl IntoIterator<Item = &'a ChatMessage>,
) -> Findable {
    let mut own = format!("{}: {}", message.username, message.content);
    for file in &message.attachments {
        own.push_str(&format!("\n{}", file.filename));
    }
    let channel = message.metadata.channel_name.iter().map(|name| format!("#{name}"));
    let turns = before.into_iter().filter(|turn| parent.is_none_or(|parent| parent.message_id != turn.message_id));
    let surroundings = parent.into_iter().chain(turns);
    let context = surroundings.map(|turn| format!("{}: {}", turn.username, excerpt(&turn.content, CONTEXT_CHARS)));
    let meaning = channel.chain(context).chain([own.clone()]).collect::<Vec<_>>().join("\n");
    Findable { words: format!("{meaning}\n{own}"), meaning }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: u64, username: &str, content: &str) -> ChatMessage {
        ChatMessage {
            message_id: id.into(),
            username: username.to_owned(),
            content: content.to_owned(),
            ..ChatMessage::default()
        }
    }

    #[test]
    fn a_message_is_found_by_what_it_answers() {
        let (question, aside, answer) =
            (said(1, "ana", "which port?"), said(2, "eve", "lunch"), said(3, "ben", "8080, as ever"));
        let found_by = findable(&answer, None, [&question, &aside]);
        assert_eq!(found_by.meaning, "ana: which port?\neve: lunch\nben: 8080, as ever");
        assert_eq!(found_by.words, "ana: which port?\neve: lunch\nben: 8080, as ever\nben: 8080, as ever");
        let as_reply = findable(&answer, Some(&question), [&question, &aside]);
        assert_eq!(as_reply, found_by, "a parent that is also a turn stands once");
    }
}
