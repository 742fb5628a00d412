//! The strength of the link between two neighbouring messages of a channel. A busy channel carries several
//! conversations at once; names, replies and pauses separate them.

use super::window::ConversationWindow;
use jiff::SignedDuration;
use rtfm_shared::event::{ChatMessage, UserId};
use std::collections::HashMap;

/// A pause that ends a conversation.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The link between a message and its reply, or between people who address each other by name.
const ADDRESSED: f64 = 1.0;
/// The link between messages from one person, or to one person.
const SAME_PERSON: f64 = 0.6;
/// The link between messages without an addressee.
const UNADDRESSED: f64 = 0.4;
/// The link to a message that addresses a third person.
const OTHER_ADDRESSEE: f64 = 0.1;

/// The links between the messages of one window.
#[derive(Debug)]
pub(in crate::retrieval) struct ConversationLinks<'a> {
    window: &'a ConversationWindow,
    people: HashMap<String, &'a UserId>,
}

impl<'a> ConversationLinks<'a> {
    pub(in crate::retrieval) fn of(window: &'a ConversationWindow) -> Self {
        let people = window.messages.values().map(|message| (message.username.to_lowercase(), &message.user_id));
        Self { window, people: people.filter(|(name, _)| !name.is_empty()).collect() }
    }

    /// The neighbours of a message up to the first pause on either side: the number of messages between, the strength
    /// of the link (0 to 1), and the neighbour.
    pub(in crate::retrieval) fn around(
        &self,
        message: &'a ChatMessage,
        reach: usize,
    ) -> Vec<(usize, f64, &'a ChatMessage)> {
        let Some(id) = message.message_id.snowflake() else { return Vec::new() };
        let before_pause = |other: &&ChatMessage| other.timestamp.duration_since(message.timestamp).abs() <= PAUSE;
        let linked = |(between, other)| (between, self.link(message, other), other);
        let before = self.window.before(id).take_while(before_pause).take(reach).enumerate().map(linked);
        let after = self.window.after(id).take_while(before_pause).take(reach).enumerate().map(linked);
        before.chain(after).collect()
    }

    fn link(&self, one: &ChatMessage, other: &ChatMessage) -> f64 {
        let answers = |a: &ChatMessage, b: &ChatMessage| a.reply_to.as_ref() == Some(&b.message_id);
        let (to_one, to_other) = (self.addressee(other), self.addressee(one));
        if answers(one, other) || answers(other, one) {
            return ADDRESSED;
        }
        if to_other == Some(&other.user_id) || to_one == Some(&one.user_id) {
            return ADDRESSED;
        }
        match (to_one, to_other) {
            _ if one.user_id == other.user_id => SAME_PERSON,
            (Some(a), Some(b)) if a == b => SAME_PERSON,
            (None, None) => UNADDRESSED,
            _ => OTHER_ADDRESSEE,
        }
    }

    /// The person whom a message addresses at its start: "ana: …", "ana, …", "@ana …" or a mention.
    fn addressee(&self, message: &ChatMessage) -> Option<&'a UserId> {
        let first = message.content.split_whitespace().next()?;
        if let Some(id) = first.strip_prefix("<@").and_then(|rest| rest.split_once('>')).map(|(id, _)| id) {
            let id = id.trim_start_matches('!');
            return self.people.values().copied().find(|user| user.as_str() == id);
        }
        let name = first.trim_start_matches('@');
        let stem = name.split([':', ',']).next().unwrap_or(name);
        // A short first word without punctuation equals a name too often by accident.
        let has_punctuation = stem.len() < first.len();
        if !has_punctuation && stem.chars().count() < 3 {
            return None;
        }
        let user = *self.people.get(&stem.to_lowercase())?;
        (*user != message.user_id).then_some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: u64, who: &str, content: &str) -> ChatMessage {
        ChatMessage {
            message_id: id.into(),
            user_id: format!("u-{who}").into(),
            username: who.to_owned(),
            content: content.to_owned(),
            timestamp: jiff::Timestamp::from_second(60 * id.cast_signed()).unwrap(),
            ..ChatMessage::default()
        }
    }

    /// The links between the first message and each of the others.
    fn links(messages: Vec<ChatMessage>) -> Vec<f64> {
        let first = messages[0].clone();
        let window = ConversationWindow::for_tests(messages);
        ConversationLinks::of(&window).around(&first, 9).into_iter().map(|(_, link, _)| link).collect()
    }

    #[test]
    fn names_separate_conversations() {
        let talk = vec![
            said(1, "ana", "how do I mount it?"),
            said(2, "ben", "eve: lunch at noon"),
            said(3, "cem", "Ana: with fstab"),
            said(4, "ana", "thanks"),
            said(5, "cem", "nice weather"),
            said(6, "eve", "@ana or by hand"),
            said(7, "ben", "<@u-ana> see the wiki"),
        ];
        assert_eq!(links(talk), [OTHER_ADDRESSEE, ADDRESSED, SAME_PERSON, UNADDRESSED, ADDRESSED, ADDRESSED]);
    }

    #[test]
    fn a_reply_is_linked_to_its_parent_and_a_pause_ends_the_conversation() {
        let mut reply = said(3, "cem", "eve: yes");
        reply.reply_to = Some(1.into());
        let talk = vec![said(1, "ana", "is it up?"), reply, said(70, "ana", "ana: hello again")];
        assert_eq!(links(talk), [ADDRESSED]);
    }
}
