//! The text a message is found by: the message with what surrounds it, because a chat message alone is
//! short, full of pronouns, and often an answer without its question.

use jiff::SignedDuration;
use rtfm_memory::{
    store::IndexText,
    text::{excerpt, visible},
};
use rtfm_shared::event::ChatMessage;

/// How many of the messages just before a message in its channel belong to its context (see docs/experiments.md for
/// this number and the next ones).
pub(crate) const TURNS_BEFORE: usize = 4;

/// A pause after which a turn answers nothing that was said before.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Characters kept of each surrounding message: enough for its topic, little enough that the message
/// itself still weighs most.
const CONTEXT_CHARS: usize = 200;

/// What the words of a message weigh.
const OWN: f32 = 2.0;
/// What its author's name weighs: people ask what somebody said.
const AUTHOR: f32 = 4.0;
/// What the words of the message that it replies to weigh, or of the turn just before it.
const NEAREST: f32 = 1.0;
/// How much less each turn further away weighs.
const FADING: f32 = 0.7;

/// The texts a message is found by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IndexDocument {
    /// For search by words. Who said what surrounds it is left out: a question about a person asks for what they said,
    /// not for what was said to them.
    pub(crate) words: IndexText,
    /// For search by meaning: what it says itself.
    pub(crate) meaning: String,
    /// For search by meaning, too: what it answers, so that "yes, 8080" is about a port. Apart, because a vector of
    /// both in one text finds neither as well.
    pub(crate) answers: Option<String>,
}

/// What `message` is found by: the message it replies to, the turns before it (oldest first), and itself with its
/// author and the names of its files. Not its channel's name: where every message has a word, it tells nothing more.
pub(crate) fn findable<'a>(
    message: &ChatMessage,
    parent: Option<&'a ChatMessage>,
    before: impl IntoIterator<Item = &'a ChatMessage>,
) -> IndexDocument {
    // What nobody sees must not say what a message is found by.
    let mut own = visible(&message.content);
    for file in &message.attachments {
        own.push_str(&format!("\n{}", visible(&file.filename)));
    }
    let short = |turn: &ChatMessage| excerpt(&visible(&turn.content), CONTEXT_CHARS);
    let turns = before.into_iter().filter(|turn| parent.is_none_or(|parent| parent.message_id != turn.message_id));
    let turns: Vec<&ChatMessage> = turns.collect();
    let mut parts = vec![(OWN, own.clone()), (AUTHOR, visible(&message.username))];
    let nearest_first = parent.into_iter().chain(turns.iter().rev().copied());
    let weights = std::iter::successors(Some(NEAREST), |weight| Some(weight * FADING));
    parts.extend(weights.zip(nearest_first).map(|(weight, turn)| (weight, short(turn))));

    let goes_on = |turn: &&&ChatMessage| message.timestamp.duration_since(turn.timestamp).abs() <= PAUSE;
    let answered = parent.or_else(|| turns.last().filter(goes_on).copied());
    let answers = answered.map(short).filter(|text| !text.is_empty());
    IndexDocument { words: IndexText { parts }, meaning: own, answers }
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
        assert_eq!((found_by.meaning.as_str(), found_by.answers.as_deref()), ("8080, as ever", Some("lunch")));
        let part = |weight: f32, text: &str| (weight, text.to_owned());
        let own = [part(2.0, "8080, as ever"), part(4.0, "ben")];
        assert_eq!(found_by.words.parts, [&own[..], &[part(1.0, "lunch"), part(0.7, "which port?")]].concat());
        let as_reply = findable(&answer, Some(&question), [&question, &aside]);
        assert_eq!(as_reply.answers.as_deref(), Some("which port?"));
        assert_eq!(as_reply.words.parts, [&own[..], &[part(1.0, "which port?"), part(0.7, "lunch")]].concat(), "once");
    }

    #[test]
    fn what_nobody_sees_finds_nothing() {
        let hidden: String = "zebra".chars().map(|c| char::from_u32(0xe0000 + u32::from(c)).unwrap()).collect();
        let hide = |text: &str| format!("{text}{hidden}\u{200b}");
        let (question, answer) = (said(1, "ana", &hide("which port?")), said(2, &hide("ben"), &hide("8080")));
        let plain = findable(&said(2, "ben", "8080"), None, [&said(1, "ana", "which port?")]);
        assert_eq!(findable(&answer, None, [&question]), plain);
    }

    #[test]
    fn nothing_is_answered_after_a_pause() {
        let question = said(1, "ana", "which port?");
        let mut late = said(2, "ben", "good morning");
        late.timestamp = question.timestamp + SignedDuration::from_hours(2);
        assert_eq!(findable(&late, None, [&question]).answers, None);
        assert_eq!(findable(&late, Some(&question), []).answers.as_deref(), Some("which port?"), "but for a reply");
    }
}
