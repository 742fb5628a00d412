//! Sending an event to every session that may see it, after proving that serenity can read it.

use serde_json::{Value, json};
use serenity::all::{ChannelId, Event, GatewayEvent, GatewayIntents as Intents, GuildId, MessageId, Permissions};

use crate::discord::state::State;
use crate::discord::world::render_message::Reading;

impl State {
    /// Sends an event to the sessions that asked for one of these intents (or to all, for none).
    pub(crate) fn emit(&mut self, event: &str, guild: Option<GuildId>, any_of: Intents, data: &Value) {
        let wanted = |intents: Intents| any_of.is_empty() || intents.intersects(any_of);
        self.emit_each(event, guild, |intents| wanted(intents).then(|| data.clone()));
    }

    /// Sends an event whose form depends on a session's intents.
    pub(crate) fn emit_each(&mut self, event: &str, guild: Option<GuildId>, data: impl Fn(Intents) -> Option<Value>) {
        if guild.is_some_and(|guild| !self.world.bot_in(guild)) {
            return;
        }
        let mut unreadable = Vec::new();
        for session in &mut self.sessions {
            if !session.serves(guild) {
                continue;
            }
            if let Some(data) = data(session.intents) {
                let payload = session.push(event, &data);
                unreadable.extend(undecodable(&payload));
            }
        }
        unreadable.into_iter().for_each(|why| self.fail(why));
    }

    /// Announces a message's current state to the sessions that may see it.
    pub(crate) fn emit_message(&mut self, event: &str, channel: ChannelId, message: MessageId) {
        let Some(message) = self.world.message(channel, message) else { return };
        // The gateway never sends ephemeral messages.
        if message.is_ephemeral() || !self.bot_sees(channel) {
            return;
        }
        let full = self.world.message_event_json(message, Reading::Full);
        let limited = self.world.message_event_json(message, Reading::Limited);
        let (guild, needed) = self.message_intent(channel);
        self.emit_each(event, guild, |intents| {
            let content = intents.contains(Intents::MESSAGE_CONTENT);
            intents.intersects(needed).then(|| if content { full.clone() } else { limited.clone() })
        });
    }

    /// Announces something about a message of a channel that the bot can see.
    pub(crate) fn emit_in_channel(
        &mut self,
        event: &str,
        channel: ChannelId,
        guild: Intents,
        direct: Intents,
        data: Value,
    ) {
        if !self.bot_sees(channel) {
            return;
        }
        let home = self.world.channel(channel).and_then(|channel| channel.guild());
        let mut data = data;
        if let (Some(home), Value::Object(fields)) = (home, &mut data) {
            fields.insert("guild_id".to_owned(), json!(home));
        }
        self.emit(event, home, if home.is_some() { guild } else { direct }, &data);
    }

    pub(crate) fn message_intent(&self, channel: ChannelId) -> (Option<GuildId>, Intents) {
        match self.world.channel(channel).and_then(|channel| channel.guild()) {
            Some(guild) => (Some(guild), Intents::GUILD_MESSAGES),
            None => (None, Intents::DIRECT_MESSAGES),
        }
    }

    /// Whether the bot can see the channel.
    pub(crate) fn bot_sees(&self, channel: ChannelId) -> bool {
        self.world.can(self.world.bot, channel, Permissions::VIEW_CHANNEL)
    }
}

/// Why serenity cannot decode this payload, if so: it would drop the event silently.
pub(crate) fn undecodable(payload: &str) -> Option<String> {
    match serde_json::from_str::<GatewayEvent>(payload) {
        Ok(GatewayEvent::Dispatch(_, Event::Unknown(event))) => {
            let why = serde_json::from_value::<Event>(json!({"t": event.kind, "d": event.value}));
            Some(format!("serenity cannot decode {}: {why:?}\n  in {payload}", event.kind))
        }
        Ok(_) => None,
        Err(error) => Some(format!("serenity cannot decode a frame: {error}\n  in {payload}")),
    }
}
