//! Who talks with whom: how strongly two messages of a channel that stand near each other belong together. Several
//! conversations run through a busy channel at once; names, replies and pauses tell them apart.

use super::window::ConversationWindow;
use jiff::SignedDuration;
use rtfm_shared::event::{ChatMessage, UserId};
use std::collections::HashMap;

/// A pause that ends a conversation.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Between a message and the one it replies to, or people who address each other by name.
const ADDRESSED: f64 = 1.0;
/// Between messages of one person, or to one person.
const SAME: f64 = 0.6;
/// Between messages that address nobody.
const OPEN: f64 = 0.4;
/// Where one of them addresses somebody else.
const ASIDE: f64 = 0.1;

/// The messages that surround each other with whom they address.
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

    /// The messages within reach of one, each with how many stand in between and how strongly it belongs to it, 0 to 1;
    /// up to the first pause on either side.
    pub(in crate::retrieval) fn around(
        &self,
        message: &'a ChatMessage,
        reach: usize,
    ) -> Vec<(usize, f64, &'a ChatMessage)> {
        let Some(id) = message.message_id.snowflake() else { return Vec::new() };
        let goes_on = |other: &&ChatMessage| other.timestamp.duration_since(message.timestamp).abs() <= PAUSE;
        let linked = |(between, other)| (between, self.link(message, other), other);
        let before = self.window.before(id).take_while(goes_on).take(reach).enumerate().map(linked);
        let after = self.window.after(id).take_while(goes_on).take(reach).enumerate().map(linked);
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
            _ if one.user_id == other.user_id => SAME,
            (Some(a), Some(b)) if a == b => SAME,
            (None, None) => OPEN,
            _ => ASIDE,
        }
    }

    /// Whom a message begins by addressing: "ana: …", "ana, …", "@ana …" or a mention.
    fn addressee(&self, message: &ChatMessage) -> Option<&'a UserId> {
        let first = message.content.split_whitespace().next()?;
        if let Some(id) = first.strip_prefix("<@").and_then(|rest| rest.split_once('>')).map(|(id, _)| id) {
            let id = id.trim_start_matches('!');
            return self.people.values().copied().find(|user| user.as_str() == id);
        }
        let name = first.trim_start_matches('@');
        let stem = name.split([':', ',']).next().unwrap_or(name);
        // A bare first word is a name only when it is long enough not to be one by accident.
        let is_marked = stem.len() < first.len();
        if !is_marked && stem.chars().count() < 3 {
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

    /// How strongly each message belongs to the first.
    fn links(messages: Vec<ChatMessage>) -> Vec<f64> {
        let first = messages[0].clone();
        let window = ConversationWindow::for_tests(messages);
        ConversationLinks::of(&window).around(&first, 9).into_iter().map(|(_, link, _)| link).collect()
    }

    #[test]
    fn names_tell_conversations_apart() {
        let talk = vec![
            said(1, "ana", "how do I mount it?"),
            said(2, "ben", "eve: lunch at noon"),
            said(3, "cem", "Ana: with fstab"),
            said(4, "ana", "thanks"),
            said(5, "cem", "nice weather"),
            said(6, "eve", "@ana or by hand"),
            said(7, "ben", "<@u-ana> see the wiki"),
        ];
        assert_eq!(links(talk), [ASIDE, ADDRESSED, SAME, OPEN, ADDRESSED, ADDRESSED]);
    }

    #[test]
    fn a_reply_belongs_to_what_it_answers_and_a_pause_ends_it_all() {
        let mut reply = said(3, "cem", "eve: yes");
        reply.reply_to = Some(1.into());
        let talk = vec![said(1, "ana", "is it up?"), reply, said(70, "ana", "ana: hello again")];
        assert_eq!(links(talk), [ADDRESSED]);
    }
}
