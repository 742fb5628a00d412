//! Reactions to messages.

use serde_json::{Value, json};
use serenity::all::{ChannelId, GatewayIntents as Intents, MessageId, Permissions, UserId};

use super::messages::allow;
use crate::discord::rest::reply::DiscordError;
use crate::discord::state::State;

/// Reacts to a message.
pub(crate) fn add(
    state: &mut State,
    user: UserId,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
) -> Result<(), DiscordError> {
    let joins = |(known, users): &(String, Vec<UserId>)| known == emoji && !users.is_empty();
    let target = state.world.message(channel, message);
    // Adding to a reaction that is there needs no permission to add new ones.
    let wanted = match target.is_some_and(|message| message.reactions.iter().any(joins)) {
        true => Permissions::READ_MESSAGE_HISTORY,
        false => Permissions::READ_MESSAGE_HISTORY | Permissions::ADD_REACTIONS,
    };
    allow(state, user, channel, wanted)?;
    let target = state.world.message_mut(channel, message).ok_or_else(DiscordError::unknown_message)?;
    let author = target.author;
    if !target.reactions.iter().any(|(known, _)| known == emoji) {
        target.reactions.push((emoji.to_owned(), Vec::new()));
    }
    let users = target.reactions.iter_mut().find(|(known, _)| known == emoji).map(|(_, users)| users);
    let Some(users) = users.filter(|users| !users.contains(&user)) else { return Ok(()) };
    users.push(user);
    let mut data = event(user, channel, message, emoji);
    if let Value::Object(fields) = &mut data {
        fields.insert("message_author_id".to_owned(), json!(author));
        let guild = state.world.channel(channel).and_then(|channel| channel.guild());
        let member = guild.and_then(|guild| state.world.guild(guild).members.get(&user));
        fields.extend(member.map(|member| ("member".to_owned(), state.world.member_json(member))));
    }
    announce(state, "MESSAGE_REACTION_ADD", channel, data);
    Ok(())
}

/// Takes one's reaction back.
pub(crate) fn remove(
    state: &mut State,
    user: UserId,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
) -> Result<(), DiscordError> {
    allow(state, user, channel, Permissions::VIEW_CHANNEL)?;
    let target = state.world.message_mut(channel, message).ok_or_else(DiscordError::unknown_message)?;
    let reaction = target.reactions.iter_mut().find(|(known, users)| known == emoji && users.contains(&user));
    let Some((_, users)) = reaction else { return Err(DiscordError::new(404, 10014, "Unknown Emoji")) };
    users.retain(|known| *known != user);
    announce(state, "MESSAGE_REACTION_REMOVE", channel, event(user, channel, message, emoji));
    Ok(())
}

fn event(user: UserId, channel: ChannelId, message: MessageId, emoji: &str) -> Value {
    json!({
        "user_id": user, "channel_id": channel, "message_id": message, "burst": false, "type": 0,
        "emoji": {"id": null, "name": emoji},
    })
}

fn announce(state: &mut State, name: &str, channel: ChannelId, data: Value) {
    let (guild, direct) = (Intents::GUILD_MESSAGE_REACTIONS, Intents::DIRECT_MESSAGE_REACTIONS);
    state.emit_in_channel(name, channel, guild, direct, data);
}
