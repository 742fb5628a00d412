//! Index documents: a message with the turns around it. A chat message alone is short, full of pronouns, and often an
//! answer without its question.

use jiff::SignedDuration;
use rtfm_memory::{
    store::IndexText,
    text::{excerpt, shortened},
};
use rtfm_shared::{event::ChatMessage, text::visible};

/// The turns before a message that belong to its context (docs/experiments.md explains this number and the next
/// ones).
pub(crate) const TURNS_BEFORE: usize = 4;

/// After a pause of this length, a message does not answer the turn before it.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Characters of each turn around a message: enough for the topic, few enough that the message itself weighs most.
const CONTEXT_CHARS: usize = 200;

/// The weight of the message's own words.
const OWN_WEIGHT: f32 = 2.0;
/// The weight of the author's name, because people ask what somebody said.
const AUTHOR_WEIGHT: f32 = 4.0;
/// The weight of the replied-to message, or of the turn just before.
const NEAREST_WEIGHT: f32 = 1.0;
/// The factor by which the weight decreases per further turn.
const TURN_DECAY: f32 = 0.7;

/// The texts that search finds a message by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IndexDocument {
    /// Weighted texts for lexical search. Names of the turns around the message are excluded: a question about a
    /// person asks for what they said, not for what others said to them.
    pub(crate) lexical_text: IndexText,
    /// The text for vector search: the message itself.
    pub(crate) embedding_text: String,
    /// The text that the message answers, so that "yes, 8080" is about a port. It is embedded separately, because one
    /// embedding of both texts finds neither as well.
    pub(crate) answered_text: Option<String>,
}

/// Builds the index document of `message` from the replied-to message, the turns before it (oldest first), its own
/// text, its author and its file names. The channel's name is excluded: a word that every message has distinguishes
/// none.
pub(crate) fn index_document<'a>(
    message: &ChatMessage,
    parent: Option<&'a ChatMessage>,
    before: impl IntoIterator<Item = &'a ChatMessage>,
) -> IndexDocument {
    // Invisible characters must not affect search.
    let mut own = visible(&message.content);
    for file in &message.attachments {
        own.push_str(&format!("\n{}", visible(&file.filename)));
    }
    let short = |turn: &ChatMessage| shortened(&visible(&turn.content), CONTEXT_CHARS);
    let turns = before.into_iter().filter(|turn| parent.is_none_or(|parent| parent.message_id != turn.message_id));
    let turns: Vec<&ChatMessage> = turns.collect();
    let mut parts = vec![(OWN_WEIGHT, own.clone()), (AUTHOR_WEIGHT, visible(&message.username))];
    let nearest_first = parent.into_iter().chain(turns.iter().rev().copied());
    let weights = std::iter::successors(Some(NEAREST_WEIGHT), |weight| Some(weight * TURN_DECAY));
    parts.extend(weights.zip(nearest_first).map(|(weight, turn)| (weight, short(turn))));

    let is_recent = |turn: &&&ChatMessage| message.timestamp.duration_since(turn.timestamp).abs() <= PAUSE;
    let answered = parent.or_else(|| turns.last().filter(is_recent).copied());
    let answered_text = answered.map(|turn| excerpt(&turn.content, CONTEXT_CHARS)).filter(|text| !text.is_empty());
    IndexDocument { lexical_text: IndexText { parts }, embedding_text: own, answered_text }
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
    fn a_document_includes_what_the_message_answers() {
        let (question, aside, answer) =
            (said(1, "ana", "which port?"), said(2, "eve", "lunch"), said(3, "ben", "8080, as ever"));
        let document = index_document(&answer, None, [&question, &aside]);
        assert_eq!(
            (document.embedding_text.as_str(), document.answered_text.as_deref()),
            ("8080, as ever", Some("lunch"))
        );
        let part = |weight: f32, text: &str| (weight, text.to_owned());
        let own = [part(2.0, "8080, as ever"), part(4.0, "ben")];
        assert_eq!(document.lexical_text.parts, [&own[..], &[part(1.0, "lunch"), part(0.7, "which port?")]].concat());
        let as_reply = index_document(&answer, Some(&question), [&question, &aside]);
        assert_eq!(as_reply.answered_text.as_deref(), Some("which port?"));
        assert_eq!(
            as_reply.lexical_text.parts,
            [&own[..], &[part(1.0, "which port?"), part(0.7, "lunch")]].concat(),
            "once"
        );
    }

    #[test]
    fn invisible_characters_do_not_change_the_document() {
        let hidden: String = "zebra".chars().map(|c| char::from_u32(0xe0000 + u32::from(c)).unwrap()).collect();
        let hide = |text: &str| format!("{text}{hidden}\u{200b}");
        let (question, answer) = (said(1, "ana", &hide("which port?")), said(2, &hide("ben"), &hide("8080")));
        let plain = index_document(&said(2, "ben", "8080"), None, [&said(1, "ana", "which port?")]);
        assert_eq!(index_document(&answer, None, [&question]), plain);
    }

    #[test]
    fn after_a_pause_only_a_reply_answers() {
        let question = said(1, "ana", "which port?");
        let mut late = said(2, "ben", "good morning");
        late.timestamp = question.timestamp + SignedDuration::from_hours(2);
        assert_eq!(index_document(&late, None, [&question]).answered_text, None);
        assert_eq!(
            index_document(&late, Some(&question), []).answered_text.as_deref(),
            Some("which port?"),
            "a reply answers at any time"
        );
    }
}
