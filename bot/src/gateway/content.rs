//! Whether the bot may read messages that do not address it. Discord allows that only to applications whose
//! message-content intent is switched on; without it the bot answers questions, and remembers nothing.

use serenity::model::gateway::GatewayIntents;
use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

/// What the bot may read. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct ContentAccess {
    state: Arc<AtomicU8>,
    /// Whether to ask for the members intent.
    members: bool,
}

const ALL: u8 = 0;
const SWITCHED_OFF: u8 = 1;
const REFUSED: u8 = 2;

impl ContentAccess {
    /// As it is configured, until Discord says otherwise.
    pub(crate) fn new(wanted: bool, members: bool) -> Self {
        show(wanted);
        Self { state: Arc::new(AtomicU8::new(if wanted { ALL } else { SWITCHED_OFF })), members }
    }

    /// Whether messages that do not address the bot can be read.
    pub(crate) fn is_readable(&self) -> bool {
        self.state.load(Ordering::Relaxed) == ALL
    }

    /// Discord does not allow it; false when it was not asked for any more.
    pub(crate) fn refuse(&self) -> bool {
        let refused = self.state.compare_exchange(ALL, REFUSED, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if refused {
            show(false);
        }
        refused
    }

    /// The intents to identify with: the least that the memory needs, and what the operator allows besides.
    pub(crate) fn intents(&self) -> GatewayIntents {
        let always = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES;
        let privileged =
            [(self.is_readable(), GatewayIntents::MESSAGE_CONTENT), (self.members, GatewayIntents::GUILD_MEMBERS)];
        privileged.into_iter().filter(|(wanted, _)| *wanted).fold(always, |all, (_, intent)| all | intent)
    }

    /// For people: what does not work, and why; none when all does.
    pub(crate) fn for_people(&self) -> Option<&'static str> {
        match self.state.load(Ordering::Relaxed) {
            ALL => None,
            SWITCHED_OFF => Some(
                "**New messages are not remembered here:** my operator has switched that off. To ask, mention me, \
                 reply to me, send me a direct message or use a command; I do not see messages that start with `RTFM`.",
            ),
            _ => Some(
                "**New messages are not remembered here:** Discord does not let me read them, because the Message \
                 Content Intent is off in the developer portal. To ask, mention me, reply to me, send me a direct message \
                 or use a command; I do not see messages that start with `RTFM`.",
            ),
        }
    }

    /// For operators: the same, and what to do about it.
    pub(crate) fn for_operators(&self) -> Option<&'static str> {
        match self.state.load(Ordering::Relaxed) {
            ALL => None,
            SWITCHED_OFF => Some("degraded: messages are not remembered, because DISCORD_MESSAGE_CONTENT=false"),
            _ => Some(
                "degraded: messages are not remembered, because Discord does not allow this bot to read message \
                 content. Open https://discord.com/developers/applications, choose your application, then Bot → \
                 Privileged Gateway Intents, switch on MESSAGE CONTENT INTENT, save, and restart the bot; or set \
                 DISCORD_MESSAGE_CONTENT=false if that is intended",
            ),
        }
    }
}

fn show(is_readable: bool) {
    metrics::gauge!("rtfm_discord_message_content").set(f64::from(u8::from(is_readable)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_taken_once_and_said_to_everybody() {
        let content = ContentAccess::new(true, false);
        assert!(content.is_readable() && content.for_people().is_none() && content.for_operators().is_none());
        assert!(content.intents().contains(GatewayIntents::MESSAGE_CONTENT));
        assert!(content.refuse());
        assert!(!content.is_readable() && !content.intents().contains(GatewayIntents::MESSAGE_CONTENT));
        assert!(!content.refuse(), "it is not asked for any more");
        assert!(content.for_people().unwrap().contains("developer portal"));
        assert!(content.for_operators().unwrap().contains("MESSAGE CONTENT INTENT"));
    }

    #[test]
    fn what_was_not_asked_for_cannot_be_refused() {
        let content = ContentAccess::new(false, true);
        assert!(!content.refuse() && !content.is_readable());
        assert!(content.intents().contains(GatewayIntents::GUILD_MEMBERS));
        assert!(content.for_operators().unwrap().contains("DISCORD_MESSAGE_CONTENT=false"));
        assert!(content.for_people().unwrap().contains("switched that off"));
    }
}
