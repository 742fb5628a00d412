//! Reactions to messages.

use serde_json::{Value, json};
use serenity::all::{ChannelId, GatewayIntents as Intents, MessageId, Permissions, UserId};

use super::messages::allow;
use crate::discord::rest::reply::DiscordError;
use crate::discord::state::State;

/// One user's reaction to a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reaction<'a> {
    pub(crate) user: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
    pub(crate) emoji: &'a str,
}

/// Adds a reaction.
pub(crate) fn add(state: &mut State, reaction: Reaction<'_>) -> Result<(), DiscordError> {
    let Reaction { user, channel, message, emoji } = reaction;
    let joins = |(known, users): &(String, Vec<UserId>)| known == emoji && !users.is_empty();
    let target = state.world.message(channel, message);
    let mut wanted = Permissions::READ_MESSAGE_HISTORY;
    // Joining an existing reaction needs no permission to add new ones.
    if !target.is_some_and(|message| message.reactions.iter().any(joins)) {
        wanted |= Permissions::ADD_REACTIONS;
    }
    allow(state, user, channel, wanted)?;
    let target = state.world.message_mut(channel, message).ok_or_else(DiscordError::unknown_message)?;
    let author = target.author;
    if !target.reactions.iter().any(|(known, _)| known == emoji) {
        target.reactions.push((emoji.to_owned(), Vec::new()));
    }
    let users = target.reactions.iter_mut().find(|(known, _)| known == emoji).map(|(_, users)| users);
    let Some(users) = users.filter(|users| !users.contains(&user)) else { return Ok(()) };
    users.push(user);
    let mut data = event(reaction);
    if let Value::Object(fields) = &mut data {
        fields.insert("message_author_id".to_owned(), json!(author));
        let guild = state.world.channel(channel).and_then(|channel| channel.guild());
        let member = guild.and_then(|guild| state.world.guild(guild).members.get(&user));
        fields.extend(member.map(|member| ("member".to_owned(), state.world.member_json(member))));
    }
    announce(state, "MESSAGE_REACTION_ADD", channel, data);
    Ok(())
}

/// Removes one's own reaction.
pub(crate) fn remove(state: &mut State, reaction: Reaction<'_>) -> Result<(), DiscordError> {
    let Reaction { user, channel, message, emoji } = reaction;
    allow(state, user, channel, Permissions::VIEW_CHANNEL)?;
    let target = state.world.message_mut(channel, message).ok_or_else(DiscordError::unknown_message)?;
    let reactors = target.reactions.iter_mut().find(|(known, users)| known == emoji && users.contains(&user));
    let Some((_, users)) = reactors else { return Err(DiscordError::new(404, 10014, "Unknown Emoji")) };
    users.retain(|known| *known != user);
    announce(state, "MESSAGE_REACTION_REMOVE", channel, event(reaction));
    Ok(())
}

fn event(reaction: Reaction<'_>) -> Value {
    let Reaction { user, channel, message, emoji } = reaction;
    json!({
        "user_id": user, "channel_id": channel, "message_id": message, "burst": false, "type": 0,
        "emoji": {"id": null, "name": emoji},
    })
}

fn announce(state: &mut State, name: &str, channel: ChannelId, data: Value) {
    let (guild, direct) = (Intents::GUILD_MESSAGE_REACTIONS, Intents::DIRECT_MESSAGE_REACTIONS);
    state.emit_in_channel(name, channel, guild, direct, data);
}
