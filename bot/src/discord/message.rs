//! Discord's messages, turned into those of `discord-messages`.

use super::{
    channels::{ChannelInfo, info, is_own_thread},
    ids::{ToEventId, instant},
    trigger::{MessageFacts, Trigger, trigger},
};
use rtfm_shared::event::{Attachment, ChatMessage, MessageMetadata};
use serenity::{
    cache::Cache,
    model::{
        channel::{Message, MessageType},
        id::{GuildId, UserId},
        user::User,
    },
};

/// Whether a person wrote it: no bot, no webhook, none of Discord's own notices.
pub(crate) fn is_human(message: &Message) -> bool {
    let written = matches!(message.kind, MessageType::Regular | MessageType::InlineReply);
    written && !message.author.bot && !message.author.system && message.webhook_id.is_none()
}

/// Whether there is anything to remember. Stickers do not count, nor texts that Discord withholds.
pub(crate) fn says_something(message: &Message) -> bool {
    !message.content.trim().is_empty() || !message.attachments.is_empty()
}

/// A person's name as shown: the guild's nickname, else the display name, else the account's.
pub(crate) fn name_of(user: &User, nick: Option<&str>) -> String {
    nick.or(user.global_name.as_deref()).unwrap_or(&user.name).to_owned()
}

/// The message as the memory keeps it. `guild` is a parameter because REST leaves it out.
pub(crate) fn chat_message(cache: &Cache, message: &Message, guild: Option<GuildId>, asks_bot: bool) -> ChatMessage {
    let channel = guild.and_then(|guild| info(cache, guild, message.channel_id));
    chat_message_in(channel.as_ref(), message, guild, asks_bot)
}

/// The same with the channel given: an archived thread is not in the cache.
pub(crate) fn chat_message_in(
    channel: Option<&ChannelInfo>,
    message: &Message,
    guild: Option<GuildId>,
    asks_bot: bool,
) -> ChatMessage {
    let nick = message.member.as_ref().and_then(|member| member.nick.as_deref());
    let thread = channel.filter(|channel| channel.is_thread);
    ChatMessage {
        message_id: message.id.event_id(),
        content: message.content.clone(),
        username: name_of(&message.author, nick),
        user_id: message.author.id.event_id(),
        channel_id: message.channel_id.event_id(),
        timestamp: instant(message.timestamp),
        metadata: MessageMetadata {
            channel_name: channel.map(|channel| channel.name.clone()),
            asks_bot,
            ..MessageMetadata::default()
        },
        guild_id: guild.map(|guild| guild.event_id()),
        edited_at: message.edited_timestamp.map(instant),
        reply_to: reply_to(message).map(|id| id.event_id()),
        thread_id: thread.map(|_| message.channel_id.event_id()),
        parent_id: thread.and_then(|thread| thread.parent).map(|id| id.event_id()),
        attachments: message.attachments.iter().map(attachment).collect(),
    }
}

fn reply_to(message: &Message) -> Option<serenity::model::id::MessageId> {
    let reference = message.message_reference.as_ref().filter(|_| message.kind == MessageType::InlineReply)?;
    reference.message_id
}

fn attachment(attachment: &serenity::model::channel::Attachment) -> Attachment {
    Attachment {
        id: attachment.id.to_string(),
        filename: attachment.filename.clone(),
        content_type: attachment.content_type.clone(),
        size: attachment.size.into(),
        url: attachment.url.clone(),
    }
}

/// How a message asks the bot, and what.
pub(crate) fn asks(cache: &Cache, message: &Message, guild: Option<GuildId>, me: UserId) -> Option<(Trigger, String)> {
    let bot_roles = guild.map_or_else(Vec::new, |guild| own_roles(cache, guild, me));
    let mentioned_role = message.mention_roles.iter().any(|role| bot_roles.contains(&role.get()));
    trigger(&MessageFacts {
        content: &message.content,
        bot_id: me.get(),
        bot_roles: &bot_roles,
        mentions_bot: mentioned_role || message.mentions.iter().any(|user| user.id == me),
        replies_to_bot: message.referenced_message.as_ref().is_some_and(|parent| parent.author.id == me),
        is_direct: guild.is_none(),
        in_own_thread: guild.is_some_and(|guild| is_own_thread(cache, guild, message.channel_id, me)),
        replies_to_other: message.referenced_message.as_ref().is_some_and(|parent| parent.author.id != me),
    })
}

/// The role that Discord made for the bot when it was invited.
fn own_roles(cache: &Cache, guild: GuildId, me: UserId) -> Vec<u64> {
    cache.guild(guild).map_or_else(Vec::new, |guild| {
        let own = guild.roles.values().filter(|role| role.tags.bot_id == Some(me));
        own.map(|role| role.id.get()).collect()
    })
}
